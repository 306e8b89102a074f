import { z } from "zod";

/** Fewer answers than these say too little. */
export const leastAnswers = 50;

const Off = z.number().min(0).max(1);
/** How an agent's confidence is brought to how often its answers were found right: a line on the log-odds, which only rises. */
export const Calibration = z
	.strictObject({
		slope: z.number().min(0.01).max(100).describe("By how much evidence counts."),
		offset: z.number().min(-100).max(100).describe("What is added to it."),
		answers: z.int().min(leastAnswers).max(1_000_000).describe("Of how many answers it was found."),
		by: z.string().min(1).max(100).describe("Who said which were right: `people`, or a scorer's key."),
		errorBefore: Off.describe("How far confidence was from the share of right answers, on average."),
		errorAfter: Off.describe("How far it is with this, of answers that it was not found by."),
	})
	.describe("Confidence brought to what an experiment found. Left out: as it is counted.");
export type Calibration = z.infer<typeof Calibration>;

/** No confidence is so sure that nothing could change it. */
export const logOdds = (share: number): number => {
	const within = Math.min(0.99, Math.max(0.01, share));
	return Math.log(within / (1 - within));
};

/** The share that such odds stand for, 0 to 1. */
export const shareOf = (odds: number): number => 1 / (1 + Math.exp(-odds));

export const calibratedBy = ({ slope, offset }: Pick<Calibration, "slope" | "offset">, share: number): number =>
	shareOf(slope * logOdds(share) + offset);
