import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { modelCalls } from "@/db/schema";
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
		const written = await tx.insert(modelCalls).values(rows).onConflictDoNothing().returning({ id: modelCalls.id });
		if (written.length === 0) return;
		const ids = JSON.stringify(written.map(({ id }) => id));
		await tx.execute(sql`
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
		await settleCalls(
			tx,
			written.map(({ id }) => id).filter((id) => held.has(id)),
		);
		await settleLate(tx, ids);
	});
}
