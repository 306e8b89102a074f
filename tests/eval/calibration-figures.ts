import { shareOf } from "@/server/agents/contract/calibration";
import type { Evidence } from "@/server/agents/graphs/assistant/calibration";
import type { Rated } from "@/server/evaluations/service/platt";

/** How often a right answer has the higher score of a right one and a wrong one; a draw counts half. */
export function areaUnder(outcomes: readonly Rated[]): number {
	const right = outcomes.filter(({ isRight }) => isRight);
	const wrong = outcomes.filter(({ isRight }) => !isRight);
	if (right.length === 0 || wrong.length === 0) return Number.NaN;
	let won = 0;
	for (const one of right)
		for (const other of wrong)
			won += one.confidence > other.confidence ? 1 : one.confidence === other.confidence ? 0.5 : 0;
	return won / (right.length * wrong.length);
}

/** The mean square of how far what was said of an answer lies from what was so. */
export const brier = (outcomes: readonly Rated[]): number =>
	outcomes.reduce((sum, { confidence, isRight }) => sum + (confidence - (isRight ? 1 : 0)) ** 2, 0) / outcomes.length;

const names = ["share", "nearness", "agreement", "breadth"] as const;
export type Fitted = { bias: number } & Record<(typeof names)[number], number>;

/** Logistic regression by plain descent, held near zero where there is little to go by. */
export function fitWeights(outcomes: readonly (Rated & { evidence: Evidence })[], rounds = 20_000, rate = 0.5): Fitted {
	const fitted: Fitted = { bias: 0, share: 0, nearness: 0, agreement: 0, breadth: 0 };
	const held = 0.002;
	for (let round = 0; round < rounds; round += 1) {
		const step: Fitted = { bias: 0, share: 0, nearness: 0, agreement: 0, breadth: 0 };
		for (const { evidence, isRight } of outcomes) {
			const sum = names.reduce((total, name) => total + fitted[name] * evidence[name], fitted.bias);
			const off = (shareOf(sum) - (isRight ? 1 : 0)) / outcomes.length;
			step.bias += off;
			for (const name of names) step[name] += off * evidence[name];
		}
		fitted.bias -= rate * step.bias;
		for (const name of names) fitted[name] -= rate * (step[name] + held * fitted[name]);
	}
	for (const name of ["bias", ...names] as const) fitted[name] = Math.round(fitted[name] * 100) / 100;
	return fitted;
}

/** What such constants say of an answer. */
export function scoreBy(fitted: Fitted, evidence: Evidence): number {
	const sum = names.reduce((total, name) => total + fitted[name] * evidence[name], fitted.bias);
	return shareOf(sum);
}
