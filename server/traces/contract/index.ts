import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const spanKinds = [
	...(["run", "trial", "node", "model", "tool", "search", "embedding", "rerank"] as const),
	...(["guard", "cache", "budget", "approval"] as const),
] as const;
export const SpanKind = z
	.enum(spanKinds)
	.describe(
		"What was done. A run or a trial of the playground is the root of its trace; each hop to a model is one `model`.",
	);
export type SpanKind = z.infer<typeof SpanKind>;
export const traceKinds = ["run", "trial"] as const;

export const spanStatuses = ["ok", "failed", "cancelled", "skipped"] as const;
export const SpanStatus = z
	.enum(spanStatuses)
	.describe("How it ended. `skipped` is a model of a route that was not asked.");
export type SpanStatus = z.infer<typeof SpanStatus>;
export const traceStatuses = ["running", ...spanStatuses] as const;
export const TraceStatus = z
	.enum(traceStatuses)
	.describe("How it ended; `running` while its run goes on, or waits for a person.");
export type TraceStatus = z.infer<typeof TraceStatus>;

const ErrorCode = z.string().nullable().describe("Why it failed, in one word; null where it did not.");
const Tokens = z.int().min(0);

/** What was taken in one currency. */
export const TraceCost = z.object({
	currency: z.string().nullable().describe("Null where it is the installation's own prices."),
	micros: z.int().describe("In millionths of it."),
});
export type TraceCost = z.infer<typeof TraceCost>;
const Costs = z.array(TraceCost).describe("What it cost, in each currency; empty where no model has a price.");
const Cached = Tokens.describe("Those of the input that the provider had kept from before.");

export const Trace = z.object({
	id: z.uuid().describe("The run's id, or the trial's."),
	kind: z.enum(traceKinds).describe("Whether it is of a run, or of a trial of the playground."),
	name: z.string().describe("The graph that carried it out; for a trial, what was asked."),
	status: TraceStatus,
	errorCode: ErrorCode,
	startedAt: z.date(),
	ms: z.number().describe("How long it took, in ms; until now, where it goes on."),
	firstTokenMs: z.int().nullable().describe("Until its first words, in ms; null where there were none."),
	runId: z.uuid().nullable(),
	threadId: z.uuid().nullable().describe("The chat of its run; null for others, and where it is not the caller's own."),
	agentId: z.uuid().nullable(),
	agentName: z.string().nullable(),
	userId: z.uuid().nullable().describe("For whom."),
	userName: z.string().nullable(),
	spans: z.int().describe("How many spans it has."),
	failures: z.int().describe("How many of them failed."),
	modelCalls: z.int().describe("How many calls of models went out."),
	models: z.array(z.string()).describe("The models that were asked."),
	inputTokens: Tokens,
	outputTokens: Tokens,
	cachedTokens: Cached,
	costs: Costs,
});
export type Trace = z.infer<typeof Trace>;

export const ListTraces = listOf(Trace, {
	filter: {
		kind: asks.oneOf(traceKinds),
		status: asks.oneOf(traceStatuses),
		agentId: asks.id(),
		userId: asks.id(),
		startedAt: asks.time(),
		ms: z.strictObject({ gte: z.number().min(0).optional(), lt: z.number().min(0).optional() }),
		/** Those in which this model was asked. */
		model: asks.exactly(z.string().min(1).max(200)),
		/** Those in which something failed, also where it was made good. */
		hasFailures: asks.flag(),
	},
	sort: ["startedAt"],
});
export type ListTraces = z.infer<typeof ListTraces>;
export const TracePage = pageOf(Trace);

export const OneTrace = z.strictObject({ traceId: z.uuid().describe("The run's id, or the trial's.") });
export type OneTrace = z.infer<typeof OneTrace>;

export const TraceHead = Trace.extend({
	kinds: z
		.array(
			z.object({
				kind: SpanKind,
				count: z.int().describe("How many there are."),
				failures: z.int().describe("How many of them failed."),
				ms: z.number().describe("The sum of their times; what went on at the same time counts twice."),
			}),
		)
		.describe("What was done, by its kind."),
	byModel: z
		.array(
			z.object({
				model: z.string().describe("What its provider calls it."),
				connection: z.string().nullable().describe("Where it was asked."),
				calls: z.int().describe("How often it was asked."),
				failures: z.int().describe("How many of those calls failed."),
				inputTokens: Tokens,
				outputTokens: Tokens,
				costs: Costs,
				ms: z.number().describe("The sum of their times, in ms."),
				firstTokenMs: z.int().nullable().describe("The quickest first token; null where none came."),
			}),
		)
		.describe("What each model took."),
	isOver: z.boolean().describe("False while its run goes on: then this is what there is so far."),
	mayReadContent: z
		.boolean()
		.describe("Whether the caller may read what models were told and said, where that was kept."),
});
export type TraceHead = z.infer<typeof TraceHead>;

export const Span = z.object({
	id: z.string().describe("16 hexadecimal digits."),
	parentId: z.string().optional().describe("The span that it is part of; left out for the root."),
	kind: SpanKind,
	name: z.string(),
	status: SpanStatus,
	errorCode: z.string().optional().describe("Why it failed, in one word; left out where it did not."),
	atMs: z.number().describe("When it began, in ms from the trace's `startedAt`."),
	ms: z.number().describe("How long it took, in ms."),
	promptVersionId: z.uuid().optional().describe("The version of a prompt that the model was told."),
	modelAsked: z.string().optional().describe("The route or model that was asked for."),
	model: z.string().optional().describe("The model that was asked then."),
	connection: z.string().optional().describe("Where it was asked."),
	hop: z.int().optional().describe("Which of the route's models it was, from 1."),
	inputTokens: Tokens.optional(),
	outputTokens: Tokens.optional(),
	cachedTokens: Cached.optional(),
	costMicros: z.int().optional().describe("In millionths of the currency; left out where there is no price."),
	currency: z.string().optional(),
	firstTokenMs: z.int().optional(),
	cache: z.enum(["hit", "miss"]).optional().describe("Whether an answer that was given before was found."),
	verdict: z.string().optional().describe("The strictest that a safety policy said."),
	attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).describe("What else is known."),
	hasContent: z.boolean().describe("Whether what was told and said was kept, and may be read by the caller."),
});
export type Span = z.infer<typeof Span>;

/** Pages are large, so that a trace of ten thousand spans is there in one piece. */
export const maxSpans = 10_000;
export const ReadSpans = OneTrace.extend({
	limit: z.int().min(1).max(maxSpans).default(maxSpans),
	cursor: z.string().max(1_000).optional(),
});
export type ReadSpans = z.infer<typeof ReadSpans>;
export const SpanPage = z.object({
	spans: z.array(Span).describe("In the order in which they began."),
	next: z.string().nullable(),
});
export type SpanPage = z.infer<typeof SpanPage>;

export const OneSpan = OneTrace.extend({
	spanId: z
		.string()
		.regex(/^[0-9a-f]{16}$/)
		.describe("A span's id, among those of its trace."),
});
export type OneSpan = z.infer<typeof OneSpan>;
export const SpanContent = z.object({
	input: z.string().nullable().describe("What the model was told; null where it was not kept."),
	output: z.string().nullable().describe("What it said; null where it was not kept."),
});
export type SpanContent = z.infer<typeof SpanContent>;

const Percent = z.int().min(0).max(100).describe("Of a hundred traces; those with failures are kept all.");
const KeepsContent = z.boolean().describe("Whether what models are told and say is kept with its span, and exported.");
const Days = z.int().min(1).max(400).describe("How many days a trace is kept; it goes at night, in whole days.");
export const TracePolicy = z.object({
	samplePercent: Percent,
	keepsContent: KeepsContent,
	retentionDays: Days,
	revision: z.int().describe("Goes up with each change; 0 while nobody has set it."),
	updatedAt: z.date().nullable().describe("Null where nobody has set it yet."),
	updatedByName: z.string().nullable().describe("Who set it last; null where nobody has, or their account is gone."),
	exports: z
		.array(
			z.object({
				to: z.enum(["otlp", "langsmith"]).describe("What is spoken there."),
				host: z.string().describe("The host that it goes to."),
			}),
		)
		.describe("Where the environment has traces sent to as well."),
});
export type TracePolicy = z.infer<typeof TracePolicy>;
export const SetTracePolicy = z.strictObject({
	samplePercent: Percent,
	keepsContent: KeepsContent,
	retentionDays: Days,
	revision: z.int().min(0).describe("The revision that was read; another one in between is a conflict."),
});
export type SetTracePolicy = z.infer<typeof SetTracePolicy>;
