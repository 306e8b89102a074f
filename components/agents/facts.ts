import { counted, percent } from "@/components/ui/figures";
import type { Agent, GraphName, WhenAway } from "@/server/agents/contract";
import { columnsOf, readSchema } from "@/server/extractions/contract";

/** What an agent is made of, whether it answers or is a version or a draft. */
export type Definition = Pick<
	Agent,
	| "graph"
	| "extractSchema"
	| "answerSchema"
	| "promptVersionId"
	| "promptLabel"
	| "promptName"
	| "promptVersion"
	| "model"
	| "whenAway"
	| "collectionIds"
	| "tools"
	| "approvalTools"
	| "caps"
	| "window"
	| "promptValues"
	| "answering"
>;

export const modelOf = ({ model }: Definition): string => model ?? "The default route";

export const whenAwayWords = {
	quote: "It quotes the passages, by the built-in model",
	fail: "It gives no answer, and says so",
} as const satisfies Record<WhenAway, string>;

export const collectionsOf = ({ collectionIds }: Definition): string =>
	collectionIds === null ? "All that the asker may read" : counted(collectionIds.length, "collection");

export function promptOf({ promptVersionId, promptLabel, promptName, promptVersion }: Definition): string {
	if (promptVersionId === null && promptLabel === null) return "The built-in one";
	const name = promptName ?? "One that you may not read";
	if (promptLabel) return `${name}, follows ${promptLabel.label} (version ${promptVersion ?? "gone"})`;
	return promptName === null ? name : `${name}, version ${promptVersion}`;
}

export const graphWords = {
	assistant: "Answers at once, from what one search finds",
	research: "Researches: a plan, researchers at the same time, a report",
	extract: "Extracts: fields out of documents and pictures, each with its place",
} as const satisfies Record<GraphName, string>;

/** What an extracting agent fills in; nothing for others. */
export function extractsOf({ extractSchema }: Definition): string {
	const { schema } = readSchema(extractSchema);
	if (!schema) return "";
	const { leaves, lists } = columnsOf(schema);
	return [
		...leaves.map(({ title }) => title),
		...lists.map(({ title, leaves: inner }) => `${title} (${inner.map((one) => one.title).join(", ")})`),
	].join(", ");
}

export const capNames = ["steps", "depth", "tokens", "cost", "minutes"] as const;
export const capWords = {
	...{ steps: "Steps", depth: "Levels", tokens: "Tokens" },
	...{ cost: "Cost", minutes: "Minutes" },
} as const;

/** Its own caps; nothing where it has what the installation allows. */
export const capsOf = ({ caps }: Definition): string =>
	capNames
		.filter((name) => caps[name] !== undefined)
		.map((name) => `${caps[name]?.toLocaleString("en")} ${capWords[name].toLowerCase()}`)
		.join(", ");

export const windowNames = ["tokens", "system", "memory", "history", "passages", "question", "answer"] as const;
export const windowWords = {
	tokens: "Tokens in all",
	system: "Rules and tools",
	memory: "Summary",
	history: "Earlier turns",
	passages: "Passages",
	question: "Question",
	answer: "Answer",
} as const;

/** What is set of its window; nothing where all is as usual. */
export const windowOf = ({ window }: Definition): string =>
	windowNames
		.filter((name) => window[name] !== undefined)
		.map((name) => `${windowWords[name]}: ${window[name]?.toLocaleString("en")}`)
		.join(", ");

export const valuesOf = ({ promptValues }: Definition): string =>
	Object.entries(promptValues)
		.map(([name, value]) => `${name}: ${[value].flat().join(", ")}`)
		.join("; ");

/** How sure it has to be; nothing where it always answers. */
export const sureOf = ({ answering: { leastConfidence } }: Definition): string =>
	leastConfidence === undefined ? "" : `From a confidence of ${percent(leastConfidence)} on`;

/** For how long an answer is given again; nothing where none is. */
export function againOf({ answering: { cacheMinutes, cacheSimilar } }: Definition): string {
	if (cacheMinutes === undefined) return "";
	return `For ${counted(cacheMinutes, "minute")}, to the same question${cacheSimilar ? " in other words too" : ""}`;
}
