import { type Caps, costOf } from "@/server/core/caps";
import { estimateTokens, type ModelMessage, maxAnswerTokens, type Usage } from "@/server/models/model";
import type { Spent } from "../assistant/caps";
import type { Allotment, ResearchContext } from "./state";

/** Kept back for what comes after the researchers: gathering, up to three drafts and as many reviews. */
const closingSteps = 8;
const closingTokens = 60_000;
const mostSteps = 6;
/** A search and a finding are the least that is of use. */
export const leastSteps = 2;

const tokensOf = ({ inputTokens, outputTokens }: Usage): number => inputTokens + outputTokens;

/** How many tokens may still be used, by the cap on them and by that on what they cost. */
export function tokensLeft(caps: Caps, spent: Spent): number {
	const dearest = Math.max(costOf({ inputTokens: 1, outputTokens: 0 }), costOf({ inputTokens: 0, outputTokens: 1 }));
	const left = caps.tokens - tokensOf(spent);
	return dearest === 0 ? left : Math.min(left, Math.floor((caps.cost - costOf(spent)) / dearest));
}

/** What each of so many researchers may take; null where there is not enough left for one step of each. */
export function allotmentFor(caps: Caps, spent: Spent, researchers: number): Allotment | null {
	const steps = Math.floor((caps.steps - spent.steps - closingSteps) / Math.max(1, researchers));
	if (steps < leastSteps) return null;
	const left = tokensLeft(caps, spent);
	const tokens = Math.floor((left - Math.min(closingTokens, left * 0.4)) / Math.max(1, researchers));
	return { steps: Math.min(mostSteps, steps), tokens: Math.max(0, tokens) };
}

/** Most that asking this can take: what is said, and the longest answer. */
export const mostTokensOf = (messages: readonly ModelMessage[]): number =>
	estimateTokens(messages.map(({ content }) => content).join("\n")) + maxAnswerTokens;

const live = new WeakMap<ResearchContext, Spent>();

/** What the run has taken by now, also by steps that have not ended: where it breaks off, that is what it took. */
export function meter(run: ResearchContext, base?: Spent): { add: (steps: number, usage: Usage) => void } {
	if (base) live.set(run, base);
	return {
		add: (steps, usage) => {
			const before = live.get(run) ?? { steps: 0, inputTokens: 0, outputTokens: 0 };
			const after = {
				steps: before.steps + steps,
				inputTokens: before.inputTokens + usage.inputTokens,
				outputTokens: before.outputTokens + usage.outputTokens,
			};
			live.set(run, after);
			run.onSpent(after);
		},
	};
}
