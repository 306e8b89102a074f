import { z } from "zod";
import { Circuit, ConnectionKind } from "./connections";
import { FailureReason, hopOutcomes, Money } from "./hops";

/** What is there without a row: what the environment names, and the built-in model. */
export const FixedModels = z.object({
	environment: z
		.object({
			kind: ConnectionKind,
			address: z.string(),
			hasKey: z.boolean().describe("Whether a key is set for it."),
			models: z
				.array(
					z.object({
						key: z.string().describe("What its health is asked for by."),
						name: z.string().describe("What its provider calls it."),
						hasPrice: z.boolean().describe("Whether the environment sets prices."),
						circuit: Circuit,
					}),
				)
				.describe("The first answers where there is no default route."),
		})
		.nullable()
		.describe("The connection that environment variables set; null where they set none."),
	builtIn: z.string().describe("The model that is always there: it quotes documents."),
	defaultRoute: z.string().nullable().describe("What answers where an agent names no route; null: the built-in one."),
	currency: z.string().nullable().describe("That of all prices here; null while there are none."),
});
export type FixedModels = z.infer<typeof FixedModels>;

const ModelKey = z
	.string()
	.min(1)
	.max(210)
	.describe("A model's id, or `env:` and the name of one that the environment sets.");
export const ReadHealth = z.strictObject({ modelKey: ModelKey });
export type ReadHealth = z.infer<typeof ReadHealth>;
export const Health = z.object({
	points: z
		.array(
			z.object({
				at: z.date().describe("When the five minutes began."),
				calls: z.int().describe("How many calls it had."),
				failures: z.int().describe("How many of them got no answer."),
				firstTokenMs: z.int().nullable().describe("Until the first word, on average."),
				ms: z.int().nullable().describe("For a whole answer, on average."),
			}),
		)
		.describe("The last 24 hours by five minutes, oldest first; without those in which nobody asked."),
	calls: z.int().describe("In all of it."),
	failures: z.int().describe("In all of it."),
});
export type Health = z.infer<typeof Health>;

export const TestModel = z.strictObject({ modelKey: ModelKey });
export type TestModel = z.infer<typeof TestModel>;
export const TestedModel = z.object({
	isWell: z.boolean().describe("Whether it answered."),
	reason: FailureReason.nullable(),
	status: z.int().nullable().describe("The HTTP status that its provider failed with."),
	problem: z.string().nullable().describe("Why it did not answer, in words."),
	firstTokenMs: z.int().nullable(),
	ms: z.int(),
	inputTokens: z.int(),
	outputTokens: z.int(),
	costMicros: z.int().nullable().describe("In millionths of the currency; null where it has no price."),
});
export type TestedModel = z.infer<typeof TestedModel>;

export const CallsOfRun = z.strictObject({ runId: z.uuid() });
export type CallsOfRun = z.infer<typeof CallsOfRun>;
/** One call of a model that went out, as it was written down. */
export const ModelCall = z.object({
	id: z.uuid(),
	model: z.string().describe("What its provider calls it."),
	connection: z.string().describe("Where it was asked."),
	route: z.string().nullable().describe("By which route."),
	hop: z.int().describe("Which of the route's models it was, from 1."),
	outcome: z.enum(hopOutcomes).exclude(["skipped"]),
	reason: FailureReason.nullable(),
	status: z.int().nullable().describe("The HTTP status that its provider failed with."),
	inputTokens: z.int(),
	outputTokens: z.int(),
	cachedTokens: z.int().describe("Those of the input that the provider had kept."),
	isEstimated: z.boolean().describe("Whether its provider did not say what it took."),
	costMicros: z.int().nullable().describe("In millionths of the currency; null where it had no price."),
	currency: z.string().nullable(),
	firstTokenMs: z.int().nullable(),
	ms: z.int(),
	createdAt: z.date(),
});
export type ModelCall = z.infer<typeof ModelCall>;
export const ModelCalls = z.object({
	calls: z.array(ModelCall).describe("Oldest first, at most 500."),
	costs: z
		.array(Money)
		.describe("All of them together, in each currency that they cost something in; empty where none had a price."),
	isEstimated: z.boolean().describe("Whether some of it is estimated."),
});
export type ModelCalls = z.infer<typeof ModelCalls>;
