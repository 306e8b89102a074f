import { z } from "zod";

/** How far back one looks, and what a point of a line stands for. */
export const spans = {
	"24h": { unit: "hour", points: 24 },
	"7d": { unit: "hour", points: 168 },
	"30d": { unit: "day", points: 30 },
	"90d": { unit: "day", points: 90 },
} as const;
export type Span = keyof typeof spans;
export const spanNames = ["24h", "7d", "30d", "90d"] as const satisfies readonly Span[];
const InsightSpan = z
	.enum(spanNames)
	.default("7d")
	.describe("How far back: by hours up to 7 days, then by days, in UTC.");

export const ownBreakdowns = ["model", "agent"] as const;
export const breakdowns = [...ownBreakdowns, "user", "group"] as const;
export const Breakdown = z
	.enum(breakdowns)
	.describe("What it is broken down by. A person of several groups counts in each.");
export type Breakdown = z.infer<typeof Breakdown>;

const ModelKey = z
	.string()
	.min(1)
	.max(210)
	.describe("Only this model: its id, or `env:` and the name of one that the environment sets.");

export const ReadOwnInsights = z.strictObject({
	span: InsightSpan,
	by: z.enum(ownBreakdowns).default("model").describe("What it is broken down by."),
	modelKey: ModelKey.optional(),
	agentId: z.uuid().optional().describe("Only this agent."),
});
export type ReadOwnInsights = z.infer<typeof ReadOwnInsights>;
export const ReadInsights = z.strictObject({
	...ReadOwnInsights.shape,
	by: Breakdown.default("model"),
	userId: z.uuid().optional().describe("Only this person."),
	groupId: z.uuid().optional().describe("Only who is in this group now."),
});
export type ReadInsights = z.infer<typeof ReadInsights>;

const count = (of: string) => z.int().describe(of);
const Percentiles = z.object({
	p50: z.number().nullable().describe("In ms: half took no longer. Null where nothing was measured."),
	p95: z.number().nullable().describe("In ms: nineteen of twenty took no longer."),
});
export type Percentiles = z.infer<typeof Percentiles>;

export const CallFigures = z.object({
	calls: count("Calls of models that went out."),
	failed: count("Those of them that got no answer."),
	answered: count("Those of them that were answered to the end."),
	fallbacks: count("Those of the answered that another than the first model of their route gave."),
	inputTokens: z.number(),
	outputTokens: z.number(),
	cachedTokens: z.number().describe("Those of the input that the provider had kept."),
	latency: Percentiles.describe("Of answered calls, until their end."),
	firstToken: Percentiles.describe("Of answered calls, until their first word."),
	costs: z
		.array(z.object({ micros: z.number().describe("In millionths."), currency: z.string().nullable() }))
		.describe("Each currency by itself; empty where nothing had a price."),
});
export type CallFigures = z.infer<typeof CallFigures>;
export const RunFigures = z.object({
	runs: count("Questions that agents were asked."),
	failed: count("Those of them that failed."),
	succeeded: count("Those of them that were answered."),
	cached: count("Those of the answered that were given again, without asking a model."),
});
export type RunFigures = z.infer<typeof RunFigures>;
export const VerdictFigures = z
	.object({
		shadowed: count("Only counted."),
		warned: count("Said to whoever asked."),
		redacted: count("Covered."),
		blocked: count("Held back."),
	})
	.describe("What safety policies found, by what came of it.");
export type VerdictFigures = z.infer<typeof VerdictFigures>;

const aboutModels = "null where it is about one model: a run may ask several.";
const figures = {
	calls: CallFigures.describe("Calls of models."),
	runs: RunFigures.nullable().describe(`Questions; ${aboutModels}`),
	verdicts: VerdictFigures.nullable().describe(`What safety policies found; ${aboutModels}`),
};
export const InsightFigures = z.object(figures);
export type InsightFigures = z.infer<typeof InsightFigures>;
export const InsightPoint = z.object({ at: z.date().describe("When the hour or day began, in UTC."), ...figures });
export type InsightPoint = z.infer<typeof InsightPoint>;
export const InsightRow = z.object({
	subject: z.string().describe("The id of an agent, person or group, or the key of a model; empty for none of them."),
	name: z.string(),
	...figures,
});
export type InsightRow = z.infer<typeof InsightRow>;

export const mostRows = 200;
export const Insights = z.object({
	startedAt: z.date().describe("When the first hour or day began."),
	unit: z.enum(["hour", "day"]).describe("What a point stands for."),
	total: InsightFigures.describe("The whole of it."),
	points: z.array(InsightPoint).describe("Oldest first, without a gap; the last one is under way."),
	breakdown: z.array(InsightRow).max(mostRows).describe(`Whoever took the most first, ${mostRows} at most.`),
	only: z.string().nullable().describe("What it was narrowed to, by name; null where it is about all."),
});
export type Insights = z.infer<typeof Insights>;

export const InsightsFile = z.object({
	name: z.string().describe("A name for the file."),
	content: z.string().describe("The breakdown as CSV: a line for each row and currency."),
});
export type InsightsFile = z.infer<typeof InsightsFile>;
