import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import {
	ListTraces,
	OneSpan,
	OneTrace,
	ReadSpans,
	SetTracePolicy,
	SpanContent,
	SpanPage,
	TraceHead,
	TracePage,
	TracePolicy,
} from "./contract";
import { listTraces, readContent, readPolicy, readSpans, readTrace, setPolicy } from "./service";

export const tracesRouter = router({
	list: procedure("traces:read", {
		rest: "GET /traces",
		summary: "List the traces of one's own runs and trials; those of everybody with `traces:oversee`.",
		risk: "read",
	})
		.input(ListTraces)
		.output(TracePage)
		.query(({ ctx, input }) => listTraces(ctx, input)),

	read: procedure("traces:read", {
		rest: "GET /traces/{traceId}",
		summary: "Get what a trace comes to: its sums by kind and by model.",
		risk: "read",
	})
		.input(OneTrace)
		.output(TraceHead)
		.query(({ ctx, input }) => readTrace(ctx, input)),

	spans: procedure("traces:read", {
		rest: "GET /traces/{traceId}/spans",
		summary: "Get the spans of a trace in the order in which they began.",
		risk: "read",
	})
		.input(ReadSpans)
		.output(SpanPage)
		.query(({ ctx, input }) => readSpans(ctx, input)),

	content: procedure("prompts:read", {
		rest: "GET /traces/{traceId}/spans/{spanId}/content",
		summary: "Get what a model was told and said, where the policy had it kept and the caller may read the prompt.",
		risk: "read",
	})
		.input(OneSpan)
		.output(SpanContent)
		.query(({ ctx, input }) => readContent(ctx, input)),

	policy: procedure("traces:manage", {
		rest: "GET /trace-policy",
		summary: "Get how many traces are kept, for how long, and whether with what was said.",
		risk: "read",
	})
		.input(Nothing)
		.output(TracePolicy)
		.query(({ ctx }) => readPolicy(ctx)),

	setPolicy: procedure("traces:manage", {
		rest: "PUT /trace-policy",
		summary: "Set how many traces are kept, for how long, and whether with what was said.",
		risk: "write",
		stepUp: true,
	})
		.input(SetTracePolicy)
		.output(TracePolicy)
		.mutation(({ ctx, input }) => setPolicy(ctx, input)),
});
