import { and, eq, sql } from "drizzle-orm";
import { spans } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/cursor";
import { notFound } from "@/server/core/errors";
import type { OneSpan, ReadSpans, Span, SpanContent, SpanPage } from "../contract";
import { findTrace, mayReadSaid, maySee } from "./visible";

/** In the order in which they began. */
export async function readSpans(ctx: ServiceContext, { traceId, limit, cursor }: ReadSpans): Promise<SpanPage> {
	const { day, startedAt } = await findTrace(ctx, traceId);
	const mayReadContent = await mayReadSaid(ctx, { traceId, day });
	const list = `spans ${traceId}`;
	const after = decodeCursor(cursor, list);
	const from = startedAt.toISOString();
	// Ten thousand of them: past the query builder, which would take as long to give each its form as the rest takes together.
	const found = await ctx.db.orm.execute<Row>(sql`
		select id, parent_id as "parentId", kind, name, status, error_code as "errorCode", ms,
			prompt_version_id as "promptVersionId", model_asked as "modelAsked", model, connection, hop,
			input_tokens as "inputTokens", output_tokens as "outputTokens", cached_tokens as "cachedTokens",
			cost_micros::float8 as "costMicros", currency, first_token_ms as "firstTokenMs", cache, verdict, attributes,
			started_at::text as key,
			round((extract(epoch from started_at - ${from}::timestamptz) * 1000)::numeric, 3)::float8 as "atMs",
			content is not null and ${mayReadContent} as "hasContent"
		from ${spans}
		where trace_id = ${traceId} and day = ${day} and ${maySee(ctx, spans.userId)}
			and ${after ? sql`(started_at, id) > (${after[0]}::timestamptz, ${after[1]})` : sql`true`}
		order by started_at, id limit ${limit + 1}`);
	const page = toPage(found, limit, ({ key, id }) => [key, id], list);
	return { spans: page.rows.map(toSpan), next: page.next };
}

type Nullable<Of> = { [Key in keyof Of]: Of[Key] | null };
type Row = Nullable<Required<Span>> & Pick<Span, Always> & { key: string };
type Always = "id" | "kind" | "name" | "status" | "atMs" | "ms" | "attributes" | "hasContent";

const known = [
	...(["parentId", "errorCode", "promptVersionId", "modelAsked", "model", "connection", "hop"] as const),
	...(["inputTokens", "outputTokens", "cachedTokens", "costMicros", "currency", "firstTokenMs"] as const),
	...(["cache", "verdict"] as const),
];

/** What is not known is left out. */
function toSpan(row: Row): Span {
	const { id, kind, name, status, atMs, ms, attributes, hasContent } = row;
	const span: Span = { id, kind, name, status, atMs, ms, attributes, hasContent };
	for (const key of known) put(span, key, row[key]);
	return span;
}

function put<Key extends keyof Span>(span: Span, key: Key, value: Span[Key] | null): void {
	if (value !== null) span[key] = value;
}

/** For all who may not read it, it is not there. */
export async function readContent(ctx: ServiceContext, { traceId, spanId }: OneSpan): Promise<SpanContent> {
	const { day } = await findTrace(ctx, traceId);
	const mayReadContent = await mayReadSaid(ctx, { traceId, day });
	const [found] = await ctx.db.orm
		.select({ content: spans.content })
		.from(spans)
		.where(
			and(
				eq(spans.traceId, traceId),
				eq(spans.day, day),
				eq(spans.id, spanId),
				maySee(ctx, spans.userId),
				mayReadContent,
			),
		);
	if (!found) throw notFound("What was said there");
	return { input: found.content?.input ?? null, output: found.content?.output ?? null };
}
