import { and, eq, gt, ne, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { type ApprovalPreview, auditPending } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { Work } from "./bind";

/** What a call comes to that was tried out and not made. */
export type Trial = { arguments: string; argumentsHash: string; effect: string; preview: ApprovalPreview | null };

const mostActs = 20;
/** Tables that every change writes to: they say nothing of this one. */
const everywhere = new Set(["audit_pending", "approvals", "tool_effects"]);

/**
 * Does all of `work` in one transaction of its own, which `settle` may still throw out of. What was refused in it stays in the
 * audit though the rest of it never was.
 */
export async function together<T>(
	ctx: ServiceContext,
	steps: { before?: (tx: Tx) => Promise<void>; work: Work<T>; settle: (tx: Tx, answer: T) => Promise<void> },
): Promise<T> {
	let denied: (typeof auditPending.$inferInsert)[] = [];
	try {
		return await ctx.db.transaction(async (tx) => {
			await steps.before?.(tx);
			const since = await newestEntry(tx);
			try {
				const answer = await steps.work({ ...ctx, db: ctx.db.within(tx) });
				await steps.settle(tx, answer);
				return answer;
			} catch (error) {
				// A failed statement has closed the transaction to reading; a refusal has not.
				denied = error instanceof AppError ? await deniedIn(tx, ctx, since).catch(() => []) : [];
				throw error;
			}
		});
	} catch (error) {
		if (denied.length > 0) await ctx.db.orm.insert(auditPending).values(denied);
		throw error;
	}
}

const newestEntry = async (tx: Reader): Promise<number> => {
	const [row] = await tx.execute<{ id: number }>(sql`select coalesce(max(id), 0)::float8 as id from audit_pending`);
	return row?.id ?? 0;
};

const deniedIn = async (tx: Reader, ctx: ServiceContext, since: number) =>
	(
		await tx
			.select()
			.from(auditPending)
			.where(
				and(eq(auditPending.requestId, ctx.requestId), gt(auditPending.id, since), eq(auditPending.outcome, "denied")),
			)
	).map(({ id: _, ...entry }) => entry);

class TakenBack extends Error {}

/** What the call would do: it is done, looked at, and taken back. Throws what the call itself would. */
export async function tryOut(ctx: ServiceContext, work: Work<unknown>): Promise<ApprovalPreview> {
	let seen: ApprovalPreview = { rows: [], acts: [] };
	let before = new Map<string, Counts>();
	let since = 0;
	try {
		await together(ctx, {
			before: async (tx) => {
				before = await countRows(tx);
				since = await newestEntry(tx);
			},
			work,
			settle: async (tx) => {
				const after = await countRows(tx);
				const rows = [...after].flatMap(([table, counts]) => changedRows(table, counts, before.get(table)));
				seen = { rows, acts: await actsIn(tx, ctx, since) };
				throw new TakenBack();
			},
		});
	} catch (error) {
		if (!(error instanceof TakenBack)) throw error;
	}
	return seen;
}

type Counts = { table: string; added: number; changed: number; removed: number };

async function countRows(tx: Reader): Promise<Map<string, Counts>> {
	const rows = await tx.execute<Counts>(sql`
		select relname as "table", n_tup_ins::float8 as added, n_tup_upd::float8 as changed, n_tup_del::float8 as removed
		from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0`);
	return new Map(rows.map((row) => [row.table, row]));
}

/** The server counts what a connection did until it has handed it in, which may be more than this transaction. */
function changedRows(table: string, now: Counts, before: Counts | undefined): ApprovalPreview["rows"] {
	const added = now.added - (before?.added ?? 0);
	const changed = now.changed - (before?.changed ?? 0);
	const removed = now.removed - (before?.removed ?? 0);
	return everywhere.has(table) || added + changed + removed === 0 ? [] : [{ table, added, changed, removed }];
}

const actsIn = (tx: Reader, { requestId }: ServiceContext, since: number): Promise<ApprovalPreview["acts"]> =>
	tx
		.select({ action: auditPending.action, resource: auditPending.resourceKind, resourceId: auditPending.resourceId })
		.from(auditPending)
		.where(and(eq(auditPending.requestId, requestId), gt(auditPending.id, since), ne(auditPending.outcome, "denied")))
		.orderBy(auditPending.id)
		.limit(mostActs);
