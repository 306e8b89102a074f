import canonicalize from "canonicalize";
import { type Caps, costOf } from "@/server/core/caps";
import type { CapKind } from "@/server/runs/contract";
import type { ToolRound } from "./state";

/** What a run has taken so far. It goes with the checkpoints, so that no restart gives any of it back. */
export type Spent = { steps: number; inputTokens: number; outputTokens: number };
export const nothingSpent: Spent = { steps: 0, inputTokens: 0, outputTokens: 0 };

/** The run may take no more. */
export class CapMet extends Error {
	override readonly name = "CapMet";
	constructor(
		readonly cap: CapKind,
		message: string,
	) {
		super(message);
	}
}

const figure = (value: number): string => value.toLocaleString("en");

/** Throws where there is nothing left of something that the next step would take. */
export function expectLeft(caps: Caps, spent: Spent): void {
	const tokens = spent.inputTokens + spent.outputTokens;
	if (spent.steps >= caps.steps) throw new CapMet("steps", `It met its cap of ${figure(caps.steps)} steps.`);
	if (tokens >= caps.tokens) throw new CapMet("tokens", `It met its cap of ${figure(caps.tokens)} tokens.`);
	const cost = costOf(spent);
	if (cost > 0 && cost >= caps.cost) throw new CapMet("cost", `It met its cap of ${caps.cost} on what a run may cost.`);
}

/** Throws where work would be handed on further down than the run may: whoever hands it on stands a level above. */
export function expectDepth({ depth }: Caps, level: number): void {
	if (level <= depth) return;
	throw new CapMet(
		"depth",
		`It met its cap of ${depth} ${depth === 1 ? "level" : "levels"}: its work can't be handed on.`,
	);
}

/** So often the same call with the same outcome is no work any more. */
const mostAlike = 3;

/** Throws where a tool was called again and again with the same arguments and answered the same each time. */
export function expectProgress(rounds: readonly ToolRound[]): void {
	const alike = new Map<string, number>();
	for (const { calls, results } of rounds)
		for (const { name, arguments: args, ref } of calls) {
			const result = results.find((one) => one.ref === ref);
			if (!result) continue;
			const key = JSON.stringify([name, canonical(args), result.content]);
			const times = (alike.get(key) ?? 0) + 1;
			alike.set(key, times);
			if (times >= mostAlike)
				throw new CapMet(
					"loop",
					`It went round in circles: ${name.replace(/[^\w-]/g, "").slice(0, 64)} was called ${mostAlike} times with the same arguments, and answered the same each time.`,
				);
		}
}

/** Arguments that say the same in another order or with other spaces are the same. */
function canonical(text: string): string {
	try {
		return canonicalize(JSON.parse(text)) ?? text;
	} catch {
		return text;
	}
}
