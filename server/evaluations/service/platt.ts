import { calibratedBy, logOdds, shareOf } from "@/server/agents/contract";

/** An answer's confidence, 0 to 1, and whether it was found right. */
export type Rated = { confidence: number; isRight: boolean };
type Line = { slope: number; offset: number };

const steps = 100;
/** Keeps the line finite where all that is surer is right. */
const ridge = 1e-3;

/**
 * The likeliest line on the log-odds, by Newton's method. Source: J. Platt, Probabilistic Outputs for Support Vector Machines
 * (1999), with its targets, which keep few answers from making anything certain.
 */
export function fitLine(rated: readonly Rated[]): Line {
	const right = rated.filter(({ isRight }) => isRight).length;
	const target = { right: (right + 1) / (right + 2), wrong: 1 / (rated.length - right + 2) };
	const points = rated.map(({ confidence, isRight }) => ({
		x: logOdds(confidence),
		t: isRight ? target.right : target.wrong,
	}));
	let [slope, offset] = [1, 0];
	for (let step = 0; step < steps; step++) {
		let [ga, gb, haa, hab, hbb] = [ridge * (slope - 1), ridge * offset, ridge, 0, ridge];
		for (const { x, t } of points) {
			const p = shareOf(slope * x + offset);
			const weight = p * (1 - p);
			ga += (p - t) * x;
			gb += p - t;
			haa += weight * x * x;
			hab += weight * x;
			hbb += weight;
		}
		const determinant = haa * hbb - hab * hab;
		const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant];
		// A step that is too long is not trusted.
		const length = Math.min(1, 2 / Math.max(Math.abs(da), Math.abs(db), 1e-12));
		slope -= length * da;
		offset -= length * db;
		if (Math.abs(da) + Math.abs(db) < 1e-9) break;
	}
	return { slope, offset };
}

const bins = 10;
/** How far confidence is from the share of right answers: in ten bins, each by how many answers lie in it. */
export function errorOf(rated: readonly Rated[]): number {
	const byBin = Map.groupBy(rated, ({ confidence }) => Math.min(bins - 1, Math.floor(confidence * bins)));
	const off = [...byBin.values()].map((some) =>
		Math.abs(some.reduce((sum, one) => sum + one.confidence - (one.isRight ? 1 : 0), 0)),
	);
	return rated.length === 0 ? 0 : off.reduce((sum, one) => sum + one, 0) / rated.length;
}

const folds = 5;
/** The same answers with the confidence that a line gives them which was found without them. */
export const heldOut = (rated: readonly Rated[]): Rated[] =>
	Array.from({ length: folds }, (_, fold) => {
		const line = fitLine(rated.filter((_, at) => at % folds !== fold));
		return rated
			.filter((_, at) => at % folds === fold)
			.map((one) => ({ ...one, confidence: calibratedBy(line, one.confidence) }));
	}).flat();
