import { counted } from "@/components/ui/figures";
import type { Agent, GraphName } from "@/server/agents/contract";

/** What an agent is made of, whether it answers or is a version or a draft. */
export type Definition = Pick<
	Agent,
	| "graph"
	| "promptVersionId"
	| "promptName"
	| "promptVersion"
	| "model"
	| "collectionIds"
	| "tools"
	| "approvalTools"
	| "caps"
>;

export const modelOf = ({ model }: Definition): string => model ?? "The installation’s first";

export const collectionsOf = ({ collectionIds }: Definition): string =>
	collectionIds === null ? "All that the asker may read" : counted(collectionIds.length, "collection");

export const promptOf = (agent: Definition): string =>
	agent.promptVersionId === null
		? "The built-in one"
		: agent.promptName === null
			? "One that you may not read"
			: `${agent.promptName}, version ${agent.promptVersion}`;

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
