import { setTimeout as sleep } from "node:timers/promises";
import { isNull, or, sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { auditHolds } from "@/db/schema";
import { AppError } from "@/server/core/errors";
import { sealNext } from "../chain/seal";

const mostAtOnce = 2_000;
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
 * none is left. With their address, also what was written about it before it had an account. The chain stays as it is.
 */
export async function eraseEntries(db: Reader, userId: string, mail: string | null): Promise<number> {
	const [row] = await db.execute<{ n: string }>(sql`select audit_erase(${userId}, ${mail}, ${mostAtOnce}) as n`);
	return Number(row?.n ?? 0);
}

/** So that what was written before can be erased: only sealed entries have personal data of their own. Others may be sealing, too. */
export async function sealWaiting(db: Database): Promise<void> {
	for (const deadline = performance.now() + longestMs; performance.now() < deadline; ) {
		const [waiting] = await db.orm.execute(sql`select from audit_pending limit 1`);
		if (!waiting) return;
		if ((await sealNext(db)) === 0) await sleep(20);
	}
}
