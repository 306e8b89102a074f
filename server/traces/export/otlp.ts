import { env } from "@/server/core/env";
import type { NotedSpan, SpanRow } from "@/server/core/spans";

type Value = { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean };
type Attribute = { key: string; value: Value };
type Plain = string | number | boolean | null | undefined;

/** Spans as OTLP/HTTP takes them in JSON: opentelemetry.io/docs/specs/otlp. */
export function toOtlp(spans: readonly NotedSpan[]): object {
	const resource = { attributes: attributesOf({ "service.name": env().OTEL_SERVICE_NAME }) };
	return {
		resourceSpans: [
			{ resource, scopeSpans: [{ scope: { name: "quarterdeck" }, spans: spans.map(({ row }) => one(row)) }] },
		],
	};
}

const internal = 1;
const client = 3;
const status = { ok: 1, failed: 2, cancelled: 0, skipped: 0 } as const;

function one(row: SpanRow): object {
	const isCall = row.kind === "model" || row.kind === "embedding";
	return {
		traceId: row.traceId.replaceAll("-", ""),
		spanId: row.id,
		...(row.parentId ? { parentSpanId: row.parentId } : {}),
		name: nameOf(row),
		kind: isCall ? client : internal,
		startTimeUnixNano: nanos(row.startedAt),
		endTimeUnixNano: nanos(row.startedAt + row.ms),
		attributes: attributesOf({ ...genAi(row), ...ours(row) }),
		status: { code: status[row.status] },
	};
}

/** A number of nanoseconds is too large for one of JavaScript's. */
const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

const operations = {
	run: "invoke_agent",
	model: "chat",
	tool: "execute_tool",
	embedding: "embeddings",
} as const satisfies Partial<Record<SpanRow["kind"], string>>;

const operationOf = ({ kind }: SpanRow): string | undefined => (operations as Record<string, string>)[kind];

const nameOf = (row: SpanRow): string => {
	const operation = operationOf(row);
	return operation ? `${operation} ${row.name}` : row.name;
};

/** The semantic conventions for generative AI, as far as they have a word for it. */
function genAi(row: SpanRow): Record<string, Plain> {
	const { content } = row;
	return {
		"gen_ai.operation.name": operationOf(row),
		"gen_ai.provider.name": row.kind === "model" ? (row.attributes?.provider ?? "unknown") : undefined,
		"gen_ai.request.model": row.modelAsked,
		"gen_ai.response.model": row.model,
		"gen_ai.usage.input_tokens": row.inputTokens,
		"gen_ai.usage.output_tokens": row.outputTokens,
		"gen_ai.usage.cache_read.input_tokens": row.cachedTokens,
		"gen_ai.agent.id": row.kind === "run" ? row.agentId : undefined,
		"gen_ai.conversation.id": row.kind === "run" ? row.runId : undefined,
		"gen_ai.tool.name": row.kind === "tool" ? row.name : undefined,
		"gen_ai.input.messages": content?.input === undefined ? undefined : said("user", content.input),
		"gen_ai.output.messages": content?.output === undefined ? undefined : said("assistant", content.output),
		"error.type": row.status === "failed" ? (row.errorCode ?? "unknown") : undefined,
	};
}

const said = (role: string, content: string): string => JSON.stringify([{ role, parts: [{ type: "text", content }] }]);

function ours(row: SpanRow): Record<string, Plain> {
	return {
		"quarterdeck.kind": row.kind,
		"quarterdeck.status": row.status,
		"quarterdeck.run.id": row.runId,
		"quarterdeck.user.id": row.parentId === null ? row.userId : undefined,
		"quarterdeck.prompt.version_id": row.promptVersionId,
		"quarterdeck.connection": row.connection,
		"quarterdeck.hop": row.hop,
		"quarterdeck.cost_micros": row.costMicros,
		"quarterdeck.currency": row.currency,
		"quarterdeck.first_token_ms": row.firstTokenMs,
		"quarterdeck.cache": row.cache,
		"quarterdeck.verdict": row.verdict,
		...Object.fromEntries(Object.entries(row.attributes ?? {}).map(([name, value]) => [`quarterdeck.${name}`, value])),
	};
}

const attributesOf = (of: Record<string, Plain>): Attribute[] =>
	Object.entries(of).flatMap(([key, value]) =>
		value === null || value === undefined ? [] : [{ key, value: anyValue(value) }],
	);

function anyValue(value: string | number | boolean): Value {
	if (typeof value === "string") return { stringValue: value };
	if (typeof value === "boolean") return { boolValue: value };
	return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
