import { z } from "zod";
import { failureReasons } from "./reasons";

export const FailureReason = z
	.enum(failureReasons)
	.describe("Why a model gave no answer, or was not asked at all; the words are explained in docs/models.md.");
export type FailureReason = z.infer<typeof FailureReason>;

export const hopOutcomes = ["answered", "failed", "cancelled", "skipped"] as const;

/** One model of a route: whether it was asked, and what came of it. */
export const Hop = z.object({
	model: z.string().describe("What its provider calls it."),
	connection: z.string().describe("Where it was asked."),
	outcome: z.enum(hopOutcomes).describe("`skipped`: it was not asked at all."),
	reason: FailureReason.nullable(),
	status: z.int().nullable().describe("The HTTP status that its provider failed with."),
	ms: z.int().describe("How long it took, with its retries."),
	firstTokenMs: z.int().nullable().describe("How long until its first word; null where none came."),
	inputTokens: z.int(),
	outputTokens: z.int(),
	costMicros: z
		.int()
		.nullable()
		.describe("What it cost, in millionths of the currency; null where it has no price here."),
	currency: z
		.string()
		.nullable()
		.optional()
		.describe("What its price is in; null: in that of the installation's own prices."),
	isEstimated: z.boolean().describe("Whether its provider did not say what it took."),
});
export type Hop = z.infer<typeof Hop>;

export const Money = z.object({
	micros: z.int().describe("In millionths of the currency."),
	currency: z.string().nullable().describe("Null: that of the installation's own prices."),
});

export type Money = z.infer<typeof Money>;

export const Cost = z
	.object({
		...Money.shape,
		isEstimated: z.boolean().describe("Whether some of it is estimated, as a provider did not say what it took."),
		others: z
			.array(Money)
			.optional()
			.describe("What models with prices in other currencies cost beside that; missing where there were none."),
	})
	.describe("What the models cost.");
export type Cost = z.infer<typeof Cost>;
