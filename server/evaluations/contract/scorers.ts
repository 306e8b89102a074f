import { z } from "zod";

const plainText = (max: number) =>
	z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed())
		.max(max);
const Words = z
	.array(plainText(200).trim().min(1))
	.min(1)
	.max(20)
	.describe("Words or phrases, in any case and with any blanks between.");

export const languages = ["en", "de", "fr", "es", "it", "nl"] as const;

/** One way to measure an answer, 0 to 1. `key` tells it from the others of its dataset. */
const key = z
	.string()
	.regex(/^[a-z][a-z0-9-]{0,39}$/, "A key has small letters, digits and -, and begins with a letter.")
	.describe("What tells it from the dataset's other scorers.");
const scorer = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, says: string, shape: Shape) =>
	z.strictObject({ kind: z.literal(kind).describe(says), key, ...shape });

export const Scorer = z.discriminatedUnion("kind", [
	scorer("exact", "1 where the answer is what is expected, but for case and blanks; else 0.", {}),
	scorer("contains", "1 where what is expected stands in the answer, but for case and blanks; else 0.", {}),
	scorer(
		"citations",
		"How much of the answer its cited passages support, times how many of its quotes stand there.",
		{},
	),
	scorer("json", "Of the fields of the expected JSON, the share that the answer's JSON has alike.", {}),
	scorer("judge", "A model's verdict by a rubric, 1 to 5, brought to 0 to 1.", {
		rubric: plainText(4_000).trim().min(1, "A judge needs a rubric.").describe("What a good answer is."),
		model: z
			.string()
			.min(1)
			.max(200)
			.nullable()
			.default(null)
			.describe("The route or model that judges; null: the first."),
	}),
	scorer("length", "1 where the answer has so many characters; else 0.", {
		least: z.int().min(0).max(100_000).default(0).describe("At least so many."),
		most: z.int().min(1).max(100_000).describe("At most so many."),
	}),
	scorer("mentions", "The share of the words that the answer has.", { words: Words }),
	scorer("avoids", "1 where the answer has none of the words; else 0.", { words: Words }),
	scorer("language", "1 where the answer is in the language; else 0.", {
		language: z.enum(languages).describe("The language, by its two letters."),
	}),
	scorer("latency", "1 where the run took no longer; else 0.", {
		mostMs: z.int().min(1).max(3_600_000).describe("Most milliseconds from its start to its end."),
	}),
	scorer("cost", "1 where the run cost no more; else 0. It does not apply where no prices are set.", {
		most: z.number().min(0).max(1_000_000).describe("What it may cost, in the currency of its prices."),
	}),
]);
export type Scorer = z.infer<typeof Scorer>;
export type ScorerKind = Scorer["kind"];
export const scorerKinds = [
	"exact",
	"contains",
	"citations",
	"json",
	"judge",
	"length",
	"mentions",
	"avoids",
	"language",
	"latency",
	"cost",
] as const satisfies readonly ScorerKind[];

export const Scorers = z
	.array(Scorer)
	.max(12, "At most 12 scorers.")
	.refine((scorers) => new Set(scorers.map((one) => one.key)).size === scorers.length, "Two scorers have the same key.")
	.describe("By what its answers are measured.");
export type Scorers = z.infer<typeof Scorers>;

/** Those that need nothing but the answer and its run: what is real has no expected answer. */
export const onlineKinds = ["citations", "length", "mentions", "avoids", "language", "latency", "cost"] as const;
export const OnlineScorers = Scorers.refine(
	(scorers) => scorers.every(({ kind }) => (onlineKinds as readonly string[]).includes(kind)),
	`Real runs have no expected answer, and nobody to pay a judge for them: use ${onlineKinds.join(", ")}.`,
);

export const Score = z.object({
	scorer: z.string().describe("The scorer's key."),
	score: z.number().nullable().describe("0 to 1; null where it does not apply."),
	why: z.string().describe("Why, in a sentence."),
});
export type Score = z.infer<typeof Score>;
