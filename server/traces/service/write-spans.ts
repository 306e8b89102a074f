import { sql } from "drizzle-orm";
import { type Database, databaseCode } from "@/db/connection";
import type { SpanRow } from "@/server/core/spans";

/** No partition holds such a day. */
const noPartition = "23514";

/**
 * Writes spans, each once; answers with the ids of those that were not there yet. Spans of a run that is gone are left out:
 * whoever removed it removed its trace. What is lost in a crash of the database is not worth waiting for its disk.
 */
export async function writeSpans(db: Database, rows: readonly SpanRow[]): Promise<Set<string>> {
	try {
		return await insert(db, rows);
	} catch (error) {
		if (databaseCode(error) !== noPartition) throw error;
		for (const day of new Set(rows.map((row) => row.day)))
			await db.orm.execute(sql`select spans_make_day(${day}::date)`);
		return insert(db, rows);
	}
}

const keyOf = ({ traceId, id }: Pick<SpanRow, "traceId" | "id">): string => `${traceId}/${id}`;

async function insert(db: Database, rows: readonly SpanRow[]): Promise<Set<string>> {
	const batch = JSON.stringify(rows);
	const written = await db.orm.execute<{ trace_id: string; id: string }>(sql`
		with told as (select set_config('synchronous_commit', 'off', true)), batch as materialized (
			select * from jsonb_to_recordset(${batch}::text::jsonb) as b(day date, "traceId" uuid, id text, "parentId" text, kind text,
				name text, status text, "errorCode" text, "startedAt" timestamptz, ms float8, "runId" uuid, "userId" uuid, "keyId" uuid,
				"agentId" uuid, "promptVersionId" uuid, "modelAsked" text, model text, connection text, hop int, "inputTokens" int,
				"outputTokens" int, "cachedTokens" int, "costMicros" bigint, currency text, "firstTokenMs" int, cache text, verdict text,
				attributes jsonb, content jsonb)
		)
		insert into spans (day, trace_id, id, parent_id, kind, name, status, error_code, started_at, ms, run_id, user_id, key_id,
			agent_id, prompt_version_id, model_asked, model, connection, hop, input_tokens, output_tokens, cached_tokens, cost_micros,
			currency, first_token_ms, cache, verdict, attributes, content)
		select b.day, b."traceId", b.id, b."parentId", b.kind, b.name, b.status, b."errorCode", b."startedAt", b.ms, b."runId",
			b."userId", b."keyId", b."agentId", b."promptVersionId", b."modelAsked", b.model, b.connection, b.hop, b."inputTokens",
			b."outputTokens", b."cachedTokens", b."costMicros", b.currency, b."firstTokenMs", b.cache, b.verdict,
			coalesce(b.attributes, '{}'), b.content
		from batch b, told
		where b."runId" is null or exists (select from runs r where r.id = b."runId")
		on conflict do nothing returning trace_id, id`);
	return new Set(written.map(({ trace_id: traceId, id }) => keyOf({ traceId, id })));
}
