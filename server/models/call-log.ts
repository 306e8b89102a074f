import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import type { modelCalls } from "@/db/schema";
import { settleCalls, settleLate } from "@/server/budgets/service";
import { noteSpan, type Scope, scopeNow } from "@/server/core/spans";

export type CallRow = typeof modelCalls.$inferInsert;

/** What gathers within so many ms goes out together. */
const pauseMs = 60;
const mostRows = 200;
/** A database that is away for long must not fill the memory. */
const mostWaiting = 20_000;

/** Writes down what models took: each call once, whatever happens on the way, and never in the way of an answer. */
export class CallLog {
	private waiting: CallRow[] = [];
	/** Those of them for which something is held back of a budget. */
	private readonly held = new Map<string, Scope | null>();
	private writing: Promise<void> | null = null;
	constructor(
		private readonly db: Database,
		private readonly onProblem: (error: unknown) => void,
	) {}

	add(row: CallRow, isHeld = false): void {
		if (this.waiting.length < mostWaiting) {
			this.waiting.push(row);
			if (isHeld) this.held.set(row.id, scopeNow());
		}
		this.writing ??= this.write().finally(() => {
			this.writing = null;
		});
	}

	/** Resolves once all that was added is written, or can't be. */
	async settled(): Promise<void> {
		while (this.writing) await this.writing;
	}

	private noteSettled(callId: string, began: number): void {
		const scope = this.held.get(callId);
		if (scope) noteSpan({ kind: "budget", name: "Settle" }, began, { attributes: { callId } }, scope);
		this.held.delete(callId);
	}

	private async write(): Promise<void> {
		await sleep(pauseMs);
		for (let tries = 0; this.waiting.length > 0; ) {
			const rows = this.waiting.slice(0, mostRows);
			try {
				const began = performance.now();
				await writeCalls(this.db, rows, this.held);
				this.waiting = this.waiting.slice(rows.length);
				for (const { id } of rows) this.noteSettled(id, began);
				tries = 0;
			} catch (error) {
				this.onProblem(error);
				tries += 1;
				await sleep(Math.min(100 * 2 ** tries, 5_000), undefined, { ref: false });
			}
		}
	}
}

/** The rows, what they tell of the models' health, and what they settle. A row that stands there already is told of no second time. */
export async function writeCalls(
	db: Database,
	rows: CallRow[],
	held: Pick<ReadonlySet<string>, "has"> = new Set(),
): Promise<void> {
	await db.transaction(async (tx) => {
		const written = await insertCalls(tx, rows);
		if (written.size === 0) return;
		const ids = JSON.stringify([...written]);
		// Sent together: none of them waits for what another finds.
		await Promise.all([
			tellHealth(tx, ids),
			settleCalls(
				tx,
				[...written].filter((id) => held.has(id)),
			),
			rows.some(({ runId }) => runId) ? settleLate(tx, ids) : null,
		]);
	});
}

/** Each that was not there yet, by its id. One statement for any number of them, so that its plan is kept. */
async function insertCalls(tx: Tx, rows: readonly CallRow[]): Promise<Set<string>> {
	const written = await tx.execute<{ id: string }>(sql`
		insert into model_calls (id, created_at, run_id, user_id, key_id, agent_id, model_key, model, connection, route, hop, outcome,
			reason, status, input_tokens, output_tokens, cached_tokens, is_estimated, cost_micros, currency, first_token_ms, ms)
		select c.id, coalesce(c."createdAt", now()), c."runId", c."userId", c."keyId", c."agentId", c."modelKey", c.model, c.connection,
			c.route, coalesce(c.hop, 1), c.outcome, c.reason, c.status, c."inputTokens", c."outputTokens", coalesce(c."cachedTokens", 0),
			coalesce(c."isEstimated", false), c."costMicros", c.currency, c."firstTokenMs", c.ms
		from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as c(id uuid, "createdAt" timestamptz, "runId" uuid, "userId" uuid,
			"keyId" uuid, "agentId" uuid, "modelKey" text, model text, connection text, route text, hop int, outcome text, reason text,
			status int, "inputTokens" int, "outputTokens" int, "cachedTokens" int, "isEstimated" bool, "costMicros" bigint, currency text,
			"firstTokenMs" int, ms int)
		on conflict do nothing returning id`);
	return new Set(written.map(({ id }) => id));
}

const tellHealth = (tx: Tx, ids: string) =>
	tx.execute(sql`
		insert into model_health (model_key, bucket, calls, failures, begun, first_token_ms, ended, ms)
		select model_key, date_bin('5 minutes', created_at, 'epoch'::timestamptz), count(*) filter (where outcome <> 'cancelled'),
			count(*) filter (where outcome = 'failed'), count(first_token_ms), coalesce(sum(first_token_ms), 0),
			count(*) filter (where outcome = 'answered'), coalesce(sum(ms) filter (where outcome = 'answered'), 0)
		from model_calls where id in (select value::uuid from jsonb_array_elements_text(${ids}::text::jsonb))
		group by 1, 2
		order by 1, 2
		on conflict (model_key, bucket) do update set calls = model_health.calls + excluded.calls,
			failures = model_health.failures + excluded.failures, begun = model_health.begun + excluded.begun,
			first_token_ms = model_health.first_token_ms + excluded.first_token_ms, ended = model_health.ended + excluded.ended,
			ms = model_health.ms + excluded.ms`);
