import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Value = z.union([
	z.strictObject({ stringValue: z.string() }),
	z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
	z.strictObject({ doubleValue: z.number() }),
	z.strictObject({ boolValue: z.boolean() }),
]);
const Attribute = z.strictObject({ key: z.string().min(1), value: Value });
const Nanos = z.string().regex(/^\d{19}$/);
/** As opentelemetry-proto maps to JSON: ids in hexadecimal, 64-bit numbers as text. */
const OtlpSpan = z.strictObject({
	traceId: z.string().regex(/^[0-9a-f]{32}$/),
	spanId: z.string().regex(/^[0-9a-f]{16}$/),
	parentSpanId: z
		.string()
		.regex(/^[0-9a-f]{16}$/)
		.optional(),
	name: z.string().min(1),
	kind: z.int().min(1).max(5),
	startTimeUnixNano: Nanos,
	endTimeUnixNano: Nanos,
	attributes: z.array(Attribute),
	status: z.strictObject({ code: z.int().min(0).max(2) }),
});
const Otlp = z.strictObject({
	resourceSpans: z.array(
		z.strictObject({
			resource: z.strictObject({ attributes: z.array(Attribute) }),
			scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(OtlpSpan) })),
		}),
	),
});
const LangsmithRun = z.object({
	id: z.uuid(),
	trace_id: z.uuid(),
	parent_run_id: z.uuid().optional(),
	dotted_order: z.string().regex(/^(\d{8}T\d{12}Z[0-9a-f-]{36})(\.\d{8}T\d{12}Z[0-9a-f-]{36})*$/),
	name: z.string().min(1),
	run_type: z.enum(["tool", "chain", "llm", "retriever", "embedding", "prompt", "parser"]),
	start_time: z.iso.datetime(),
	end_time: z.iso.datetime(),
	session_name: z.string(),
	inputs: z.record(z.string(), z.unknown()),
	outputs: z.record(z.string(), z.unknown()),
	error: z.string().optional(),
	extra: z.object({ metadata: z.record(z.string(), z.unknown()) }),
});
const Batch = z.strictObject({ post: z.array(LangsmithRun), patch: z.array(z.never()) });

export type OtlpSpan = z.infer<typeof OtlpSpan>;
export type LangsmithRun = z.infer<typeof LangsmithRun>;

/** A collector for OTLP/HTTP and for LangSmith's batches: takes what each of them takes, refuses what it would refuse, and keeps all that came. */
export async function startCollector() {
	const spans: OtlpSpan[] = [];
	const runs: LangsmithRun[] = [];
	const bodies: string[] = [];
	const seen: { path: string; headers: IncomingHttpHeaders }[] = [];
	let failures = 0;
	const server = createServer(async (request, response) => {
		const text = (await request.toArray().catch(() => [])).join("");
		const path = request.url ?? "";
		seen.push({ path, headers: request.headers });
		bodies.push(text);
		if (failures > 0) {
			failures -= 1;
			return void response.writeHead(503, { "retry-after": "1" }).end();
		}
		if (request.method !== "POST" || request.headers["content-type"] !== "application/json")
			return void response.writeHead(415).end();
		const body: unknown = JSON.parse(text);
		if (path === "/v1/traces") {
			const { data } = Otlp.safeParse(body);
			spans.push(...(data?.resourceSpans.flatMap((one) => one.scopeSpans.flatMap((some) => some.spans)) ?? []));
			return void response.writeHead(data ? 200 : 400, { "content-type": "application/json" }).end("{}");
		}
		if (path === "/runs/batch") {
			const { data } = Batch.safeParse(body);
			runs.push(...(data?.post ?? []));
			return void response.writeHead(data ? 202 : 422).end("{}");
		}
		response.writeHead(404).end();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		...{ spans, runs, bodies, seen },
		/** Refuses the next so many requests for now. */
		refuse: (times: number) => {
			failures = times;
		},
		stop: () =>
			new Promise<void>((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};
}
