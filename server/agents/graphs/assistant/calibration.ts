import { shareOf } from "@/server/agents/contract/calibration";

/** What an answer is weighed by, each 0 to 1. */
export type Evidence = {
	/** Of its sentences, those that stand in what they cite. */
	share: number;
	/** How near the best passage that it cites lies to the question. */
	nearness: number;
	/** Of its sentences, those that two of the documents it cites say. */
	agreement: number;
	/** How many passages it cites, up to three. */
	breadth: number;
	/** How likely the model found its own words; null where nobody says. */
	sureness: number | null;
};
type Weights = { bias: number } & Record<Exclude<keyof Evidence, "sureness">, number>;

/**
 * How often answers of such evidence are right, as a logistic model. Source: set by hand so that whole support close to the
 * question is about 0.8 and none of either about 0.05; `npm run eval -- confidence --fit` measures them and prints fitted ones.
 * What it found, and why that is not taken over, stands in docs/answers.md.
 */
const weights = {
	model: { bias: -3.2, share: 2.2, nearness: 2.4, agreement: 0.4, breadth: 0.4 },
	quoted: { bias: -2.2, share: 0.8, nearness: 2.2, agreement: 0.2, breadth: 0.2 },
} as const satisfies Record<string, Weights>;

/** No evaluation here has a real model's own figures: a modest weight around what such models usually say. */
const ofSureness = { usual: 0.9, weight: 2 };

/** The chance that the answer is right, 0 to 1. */
export function calibrated(by: keyof typeof weights, evidence: Evidence): number {
	const { bias, ...each } = weights[by];
	const names = Object.keys(each) as (keyof typeof each)[];
	const own = evidence.sureness === null ? 0 : ofSureness.weight * (evidence.sureness - ofSureness.usual);
	const sum = names.reduce((total, name) => total + each[name] * evidence[name], bias + own);
	return shareOf(sum);
}
