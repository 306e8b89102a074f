import { createHash } from "node:crypto";
import { env } from "@/server/core/env";
import type { NotedSpan, Scope, SpanRow } from "@/server/core/spans";

const types: Partial<Record<SpanRow["kind"], string>> = {
	model: "llm",
	tool: "tool",
	search: "retriever",
	embedding: "embedding",
};

/** Spans as LangSmith's batch interface takes runs: each is over when it is sent. */
export function toLangsmith(spans: readonly NotedSpan[]): object {
	return { post: spans.map(one), patch: [] };
}

function one({ row, parent }: NotedSpan): object {
	const { traceId, content } = row;
	const id = idOf(traceId, row.id, parent === null);
	return {
		id,
		trace_id: traceId,
		...(parent ? { parent_run_id: idOf(traceId, parent.id, parent.parent === null) } : {}),
		dotted_order: [...orderOf(parent), place(row.startedAt, id)].join("."),
		name: row.name,
		run_type: types[row.kind] ?? "chain",
		start_time: new Date(row.startedAt).toISOString(),
		end_time: new Date(row.startedAt + row.ms).toISOString(),
		session_name: env().LANGSMITH_PROJECT,
		// What was said, only where it was kept.
		inputs: content?.input === undefined ? {} : { messages: [{ role: "user", content: content.input }] },
		outputs: { ...(content?.output === undefined ? {} : { output: content.output }), ...usageOf(row) },
		...(row.status === "failed" ? { error: row.errorCode ?? "failed" } : {}),
		tags: [row.kind, row.status],
		extra: { metadata: metadataOf(row) },
	};
}

/** Its ids are UUIDs, and a trace's is its root's. */
function idOf(traceId: string, spanId: string, isRoot: boolean): string {
	if (isRoot) return traceId;
	const hex = createHash("sha256").update(`${traceId}/${spanId}`).digest("hex");
	const parts = [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`8${hex.slice(13, 16)}`,
		`8${hex.slice(17, 20)}`,
		hex.slice(20, 32),
	];
	return parts.join("-");
}

/** When it began, to the microsecond, and which it is: by these LangSmith puts a tree in order. */
function place(at: number, id: string): string {
	const micros = String(Math.floor((at % 1) * 1_000)).padStart(3, "0");
	return `${new Date(at).toISOString().replace(/[-:.Z]/g, "")}${micros}Z${id}`;
}

const orderOf = (scope: Scope | null): string[] =>
	scope
		? [
				...orderOf(scope.parent),
				place(
					Math.round((scope.trace.epoch + scope.startedAt) * 1_000) / 1_000,
					idOf(scope.trace.traceId, scope.id, scope.parent === null),
				),
			]
		: [];

const usageOf = ({ kind, inputTokens, outputTokens }: SpanRow): object => {
	if (kind !== "model" || inputTokens === undefined || inputTokens === null) return {};
	const [input, output] = [inputTokens, outputTokens ?? 0];
	return { usage_metadata: { input_tokens: input, output_tokens: output, total_tokens: input + output } };
};

function metadataOf(row: SpanRow): Record<string, unknown> {
	const { runId, userId, agentId, promptVersionId, modelAsked, model, connection, hop } = row;
	const { costMicros, currency, firstTokenMs, cachedTokens, cache, verdict, attributes, kind, status } = row;
	const known = {
		...{ kind, status, run_id: runId, user_id: userId, agent_id: agentId, prompt_version_id: promptVersionId },
		...{ route: modelAsked, ls_model_name: model, ls_provider: attributes?.provider, connection, hop },
		...{ cost_micros: costMicros, currency, first_token_ms: firstTokenMs, cached_tokens: cachedTokens, cache, verdict },
		...attributes,
	};
	return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null && value !== undefined));
}
