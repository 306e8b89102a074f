import type { AgentCaps } from "@/db/schema";
import { env } from "./env";

/** Most that one run may take: steps of its graph, tokens, money, minutes of its own, and how deep its work may be handed on. */
export type Caps = { steps: number; depth: number; tokens: number; cost: number; minutes: number };

/** What this installation allows at most. */
export function installationCaps(graph: string = "assistant"): Caps {
	const { QD_RUN_STEPS, QD_RUN_DEPTH, QD_RUN_TOKENS, QD_RUN_COST, QD_RUN_MINUTES } = env();
	const { QD_RESEARCH_STEPS, QD_RESEARCH_MINUTES } = env();
	const most = {
		...{ steps: QD_RUN_STEPS, depth: QD_RUN_DEPTH, tokens: QD_RUN_TOKENS },
		...{ cost: QD_RUN_COST, minutes: QD_RUN_MINUTES },
	};
	return graph === "research" ? { ...most, steps: QD_RESEARCH_STEPS, minutes: QD_RESEARCH_MINUTES } : most;
}

/** What an agent's runs may take: its own caps, and never more than the installation allows by now. */
export function capsOf(own: AgentCaps, graph?: string): Caps {
	const most = installationCaps(graph);
	const within = (name: keyof Caps) => Math.min(own[name] ?? most[name], most[name]);
	return {
		...{ steps: within("steps"), depth: within("depth"), tokens: within("tokens") },
		...{ cost: within("cost"), minutes: within("minutes") },
	};
}

/** What tokens cost, in the currency of the prices; 0 where none are set. */
export function costOf({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): number {
	const { QD_MODEL_INPUT_PRICE, QD_MODEL_OUTPUT_PRICE } = env();
	return (inputTokens * QD_MODEL_INPUT_PRICE + outputTokens * QD_MODEL_OUTPUT_PRICE) / 1_000_000;
}
