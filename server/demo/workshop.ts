import type { PersonKey } from "./organisation";

/** A prompt with all its versions, oldest first. */
export type DemoPrompt = {
	name: string;
	versions: readonly { by: PersonKey; message: string; body: string }[];
	/** Where its labels were moved, in order; `approvedBy` let through what was proposed, once the label was protected. */
	labels?: readonly {
		label: string;
		to: number;
		by: PersonKey;
		note: string;
		approvedBy?: PersonKey;
		protects?: true;
	}[];
};

export const demoPrompts: readonly DemoPrompt[] = [
	{
		name: "House style",
		versions: [
			{
				by: "maren",
				message: "First version, from the style sheet of Communications",
				body: "You answer questions of the staff of Marrowby Harbour & Ferries. Answer from the passages only. Be brief and friendly.",
			},
			{
				by: "maren",
				message: "Figures before explanations; say which group a rule is for",
				body: [
					"You answer questions of the staff of Marrowby Harbour & Ferries from the passages only.",
					"Begin with the figure, date or name that was asked for. Then at most three sentences.",
					"Rules for shore staff and for crew differ: say which one you mean, and name both where the question leaves it open.",
				].join("\n"),
			},
			{
				by: "tobias",
				message: "No advice beyond the documents; name the owner to ask",
				body: [
					"You answer questions of the staff of Marrowby Harbour & Ferries from the passages only.",
					"Begin with the figure, date or name that was asked for. Then at most three sentences.",
					"Rules for shore staff and for crew differ: say which one you mean, and name both where the question leaves it open.",
					"Give no opinion and no advice beyond the documents. Where they don't answer, say so and name the owner of the nearest document.",
				].join("\n"),
			},
		],
		labels: [
			{ label: "production", to: 1, by: "maren", note: "To begin with" },
			{ label: "staging", to: 2, by: "maren", note: "For the handbook team to try" },
			{ label: "production", to: 2, by: "maren", note: "Tried for a week", protects: true },
			{ label: "staging", to: 3, by: "tobias", note: "No more advice" },
			{ label: "production", to: 3, by: "tobias", approvedBy: "maren", note: "Nothing went wrong on staging" },
		],
	},
	{
		name: "Safety on board",
		versions: [
			{
				by: "maren",
				message: "First version",
				body: "You help crew to look things up in the documents of ferry operations. Quote limits exactly, with their units.",
			},
			{
				by: "callum",
				message: "After the trial on MV Turnstone: always name the vessel",
				body: [
					"You help crew to look things up in the documents of ferry operations.",
					"Quote limits exactly, with their units, and always name the vessel that they hold for. Never carry a value over from one vessel to another.",
					"List steps in the order of the document and leave none out.",
					"You replace neither the manual on the bridge nor the master's decision.",
				].join("\n"),
			},
		],
	},
	{
		name: "Service desk, first answer",
		versions: [
			{
				by: "maren",
				message: "First version",
				body: "You give the first answer to questions about computers, phones and passwords. Use plain words.",
			},
			{
				by: "tobias",
				message: "Incidents first",
				body: [
					"You give the first answer to questions about computers, phones and passwords, in plain words.",
					"If the question may be about a security incident, begin with the incident line, extension 4911, and what not to do.",
					"Never ask for a password or a code, and never say that a device is safe.",
				].join("\n"),
			},
		],
	},
];

/** An agent with the newest version of its prompt, which searches these collections only. */
export type DemoAgent = { name: string; description: string; by: PersonKey; prompt: string; collections: string[] };

export const demoAgents: readonly DemoAgent[] = [
	{
		name: "Handbook guide",
		description: "Leave, pay, travel, visitors, purchasing: the rules ashore and on board, with their source.",
		by: "maren",
		prompt: "House style",
		collections: ["Staff handbook", "Facilities & purchasing"],
	},
	{
		name: "Bridge and engine room",
		description: "Looks up limits, checks and drills for a vessel. For looking up only.",
		by: "maren",
		prompt: "Safety on board",
		collections: ["Ferry operations"],
	},
	{
		name: "IT first answer",
		description: "Passwords, devices and what to do when something looks wrong.",
		by: "maren",
		prompt: "Service desk, first answer",
		collections: ["IT & security"],
	},
];

/** `agent` null asks the default one; `goesOn` asks in the thread of the question before. */
export type DemoQuestion = { by: PersonKey; agent: string | null; question: string; goesOn?: true };

export const demoQuestions: readonly DemoQuestion[] = [
	{
		by: "jonas",
		agent: "Bridge and engine room",
		question: "What lubricating oil pressure must MV Dunlin have in service, and when is the engine stopped?",
	},
	{
		by: "jonas",
		agent: "Bridge and engine room",
		question: "After how many running hours are lubricating oil filters changed on MV Turnstone?",
		goesOn: true,
	},
	{ by: "callum", agent: "Bridge and engine room", question: "At what wind does MV Sanderling stay at the berth?" },
	{ by: "callum", agent: "Bridge and engine room", question: "By when must a near miss be reported, and to whom?" },
	{
		by: "maren",
		agent: "Handbook guide",
		question: "How many unused days of annual leave may shore staff carry over, and until when must they be taken?",
	},
	{ by: "maren", agent: "IT first answer", question: "How quickly do I have to report a lost laptop, and to whom?" },
	{ by: "priya", agent: "Handbook guide", question: "What is the limit for a hotel night in a capital city?" },
	// The same question twice: one may read the private collection, the other may not.
	{ by: "priya", agent: null, question: "What was the outcome of case 2026-014?" },
	{ by: "tobias", agent: null, question: "What was the outcome of case 2026-014?" },
	{
		by: "tobias",
		agent: "IT first answer",
		question: "Within how many hours must the data protection authority be told about an incident?",
	},
	{
		by: "ingrid",
		agent: "Handbook guide",
		question: "Who approves a purchase of £30,000, and how many quotes are needed?",
	},
	// No document says anything about it.
	{ by: "ingrid", agent: null, question: "What does the company pay into the pension scheme?" },
];
