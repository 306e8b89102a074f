import { and, asc, eq, sql } from "drizzle-orm";
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
	const found = await ctx.db.orm
		.select({
			...columns,
			key: sql<string>`${spans.startedAt}::text`,
			atMs: sql<number>`round((extract(epoch from ${spans.startedAt} - ${from}::timestamptz) * 1000)::numeric, 3)::float8`,
			hasContent: sql<boolean>`${spans.content} is not null and ${mayReadContent}`,
		})
		.from(spans)
		.where(
			and(
				eq(spans.traceId, traceId),
				eq(spans.day, day),
				maySee(ctx, spans.userId),
				after ? sql`(${spans.startedAt}, ${spans.id}) > (${after[0]}::timestamptz, ${after[1]})` : undefined,
			),
		)
		.orderBy(asc(spans.startedAt), asc(spans.id))
		.limit(limit + 1);
	const page = toPage(found, limit, ({ key, id }) => [key, id], list);
	return { spans: page.rows.map(({ key: _, ...row }) => toSpan(row)), next: page.next };
}

const { id, parentId, kind, name, status, errorCode, ms, promptVersionId, modelAsked, model, connection, hop } = spans;
const { inputTokens, outputTokens, cachedTokens, costMicros, currency, firstTokenMs, cache, verdict, attributes } =
	spans;
const columns = {
	...{ id, parentId, kind, name, status, errorCode, ms, promptVersionId, modelAsked, model, connection, hop },
	...{ inputTokens, outputTokens, cachedTokens, costMicros, currency, firstTokenMs, cache, verdict, attributes },
};

type Nullable<Of> = { [Key in keyof Of]: Of[Key] | null };

/** Ten thousand of them travel: what is not known is left out. */
const toSpan = (row: Nullable<Span>): Span =>
	// Only what a contract lets be left out is ever null.
	Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as Span;

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
