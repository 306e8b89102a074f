import { setTimeout as sleep } from "node:timers/promises";
import { and, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { auditChain, auditExports, auditHolds } from "@/db/schema";
import { AppError } from "@/server/core/errors";
import { sealNext } from "../chain/seal";

const mostAtOnce = 2_000;
/** Of a scan, so that a statement takes no second. */
const entriesAtOnce = 100_000;
const longestMs = 5_000;

/** Throws where a legal hold keeps what is known of this person. */
export async function refuseWhenHeld(db: Reader, userId: string): Promise<void> {
	const [hold] = await db
		.select({ reason: auditHolds.reason })
		.from(auditHolds)
		.where(
			sql`${isNull(auditHolds.releasedAt)} and ${or(isNull(auditHolds.userId), sql`${auditHolds.userId} = ${userId}`)}`,
		)
		.limit(1);
	if (hold) throw new AppError("CONFLICT", `A legal hold keeps this (${hold.reason}): it has to be released first.`);
}

/**
 * Empties the next entries' personal data of an account that is marked as erased, and answers how many those were: call until
 * none is left. The chain stays as it is.
 */
export async function eraseEntries(db: Reader, userId: string): Promise<number> {
	const [row] = await db.execute<{ n: string }>(sql`select audit_erase(${userId}, ${mostAtOnce}) as n`);
	return Number(row?.n ?? 0);
}

/** Names and addresses that the person had before, as their own changes of them tell. */
export async function formerWords(db: Reader, userId: string): Promise<string[]> {
	const rows = await db.execute<{ word: string }>(sql`
		select distinct value as word from audit_log l
		join audit_personal p on p.seq = l.seq and p.sealed_at = l.sealed_at
		cross join jsonb_each_text(coalesce(l.before, '{}') || coalesce(p.subject -> 'before', '{}')) field
		where l.resource_id = ${userId} and l.action in ('user.rename', 'user.change-email') and field.key in ('name', 'email')`);
	return rows.map(({ word }) => word);
}

/**
 * Empties the free text of all entries, whoever's they are, that says one of these words of an erased person: their name, their
 * address. Exports that may hold them can't be downloaded any more. Answers how many entries those were.
 */
export async function eraseWords(db: Reader, userId: string, words: readonly string[]): Promise<number> {
	const telling = words.filter((word) => word.trim().length > 1);
	const [head] = await db.select({ size: auditChain.size }).from(auditChain);
	let erased = 0;
	for (let low = 0; low <= (head?.size ?? 0); low += entriesAtOnce) {
		const high = low + entriesAtOnce;
		const [row] = await db.execute<{ n: string }>(
			sql`select audit_erase_words(${userId}, ${sql.param([...telling])}::text[], ${low}, ${high}) as n`,
		);
		erased += Number(row?.n ?? 0);
	}
	const isNaming = telling.map((word) => sql`position(${word.toLowerCase()} in lower(${auditHolds.reason})) > 0`);
	await db
		.update(auditHolds)
		.set({ reason: "erased" })
		.where(and(isNotNull(auditHolds.releasedAt), or(...isNaming)));
	await db
		.update(auditExports)
		.set({ state: sql`case when state = 'ready' then 'expired' else 'cancelled' end` })
		.where(inArray(auditExports.state, ["queued", "running", "ready"]));
	return erased;
}

/** So that what was written before can be erased: only sealed entries have personal data of their own. Others may be sealing, too. */
export async function sealWaiting(db: Database): Promise<void> {
	for (const deadline = performance.now() + longestMs; performance.now() < deadline; ) {
		const [waiting] = await db.orm.execute(sql`select from audit_pending limit 1`);
		if (!waiting) return;
		if ((await sealNext(db)) === 0) await sleep(20);
	}
}
