import type { Citation, RunEventBody } from "@/server/runs/contract";

/** One researcher: its question, what it searched for, and what it found; `text` is null while it is under way. */
export type Researcher = {
	part: string;
	title: string;
	isAdded: boolean;
	searches: { query: string; passages: number }[];
	text: string | null;
	isFound: boolean;
	citations: Citation[];
	tokens: number;
	note: string | null;
};
export type ResearchStory = {
	/** Null while no plan was proposed or let go on. */
	plan: { parts: string[]; isAccepted: boolean; isEdited: boolean; expiresAt: string | null } | null;
	researchers: Researcher[];
	/** Instructions that a step has used. */
	taken: string[];
	reviews: { round: number; isPassed: boolean; remarks: string }[];
};
export const noResearch: ResearchStory = { plan: null, researchers: [], taken: [], reviews: [] };

type Told = Extract<RunEventBody, { type: `plan.${string}` | `part.${string}` | "steer.taken" | "draft.reviewed" }>;

const change = (all: Researcher[], part: string, how: (one: Researcher) => Researcher): Researcher[] =>
	all.map((one) => (one.part === part ? how(one) : one));

/** One event further. A researcher that begins anew, as its worker died, is the same one with nothing in its hands. */
export function foldResearch(story: ResearchStory, body: Told): ResearchStory {
	switch (body.type) {
		case "plan.proposed": {
			const { parts, expiresAt } = body;
			return { ...story, plan: { parts, isAccepted: false, isEdited: false, expiresAt } };
		}
		case "plan.accepted": {
			const { parts, isEdited } = body;
			return { ...story, plan: { parts, isAccepted: true, isEdited, expiresAt: null } };
		}
		case "part.started": {
			const { part, title, isAdded } = body;
			const begun = {
				part,
				title,
				isAdded,
				searches: [],
				text: null,
				isFound: false,
				citations: [],
				tokens: 0,
				note: null,
			};
			const isKnown = story.researchers.some((one) => one.part === part);
			const researchers = isKnown
				? change(story.researchers, part, () => begun)
				: [...story.researchers, begun].sort((a, b) => Number(a.part.slice(1)) - Number(b.part.slice(1)));
			return { ...story, researchers };
		}
		case "part.searched": {
			const { query, passages } = body;
			const add = (one: Researcher) => ({ ...one, searches: [...one.searches, { query, passages }] });
			return { ...story, researchers: change(story.researchers, body.part, add) };
		}
		case "part.finished": {
			const { text, isFound, citations, tokens, note } = body;
			const end = (one: Researcher) => ({ ...one, text, isFound, citations, tokens, note });
			return { ...story, researchers: change(story.researchers, body.part, end) };
		}
		case "steer.taken":
			return { ...story, taken: [...story.taken, body.steerId] };
		case "draft.reviewed": {
			const { round, isPassed, remarks } = body;
			const others = story.reviews.filter((one) => one.round !== round);
			return { ...story, reviews: [...others, { round, isPassed, remarks }] };
		}
	}
}
