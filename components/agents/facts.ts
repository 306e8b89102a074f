import { counted } from "@/components/ui/figures";
import type { Agent, GraphName, WhenAway } from "@/server/agents/contract";

/** What an agent is made of, whether it answers or is a version or a draft. */
export type Definition = Pick<
	Agent,
	| "graph"
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
} as const satisfies Record<GraphName, string>;

export const capNames = ["steps", "tokens", "cost", "minutes"] as const;
export const capWords = { steps: "Steps", tokens: "Tokens", cost: "Cost", minutes: "Minutes" } as const;

/** Its own caps; nothing where it has what the installation allows. */
export const capsOf = ({ caps }: Definition): string =>
	capNames
		.filter((name) => caps[name] !== undefined)
		.map((name) => `${caps[name]?.toLocaleString("en")} ${capWords[name].toLowerCase()}`)
		.join(", ");
