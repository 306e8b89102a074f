import { and, eq, isNull, sql } from "drizzle-orm";
import { auditChain, auditDropped, auditHolds, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { checkpointNext, lastCheckpoint } from "../chain/checkpoint";
import { signingKey } from "../chain/signing";
import type { AuditHold, ListHolds, OneHold, PlaceHold, SetRetention } from "../contract";

/** Months that are kept; null keeps all. What goes, goes at night and in whole months. */
export async function setRetention(ctx: ServiceContext, input: SetRetention): Promise<{ months: number | null }> {
	await ctx.db.transaction(async (tx) => {
		const [chain] = await tx.select().from(auditChain).for("update");
		await tx.update(auditChain).set({ retentionMonths: input.months });
		await audit(ctx, tx, {
			action: "audit.set-retention",
			resource: "audit",
			before: { months: chain?.retentionMonths ?? null },
			after: { months: input.months },
		});
	});
	return { months: input.months };
}

/** Drops whole months that have served their time and that nobody holds, oldest first. Answers which. */
export async function dropMonths(ctx: ServiceContext): Promise<string[]> {
	await checkpointNext(ctx.db, true);
	const dropped: string[] = [];
	for (let isMore = true; isMore && !ctx.signal?.aborted; ) {
		isMore = await ctx.db.transaction(async (tx) => {
			const checkpoint = await lastCheckpoint(tx);
			const signed = JSON.stringify(checkpoint);
			const [row] = await tx.execute<{ last: string | null }>(
				sql`select audit_drop_month(${signed}::text::jsonb) as last`,
			);
			if (!row || row.last === null) return false;
			const lastSeq = Number(row.last);
			// A month without entries leaves nothing to tell.
			if (lastSeq === 0) return true;
			const [gone] = await tx.select().from(auditDropped).where(eq(auditDropped.lastSeq, lastSeq));
			if (!gone) throw new Error("a dropped month was not noted");
			const detail = { month: gone.month, firstSeq: gone.firstSeq, lastSeq };
			await audit(ctx, tx, { action: "audit.drop", resource: "audit", detail });
			dropped.push(gone.month);
			return true;
		});
	}
	return dropped;
}

/** Makes the partitions of the next months, before anybody needs them. */
export async function makeMonths(ctx: ServiceContext): Promise<void> {
	for (const months of [0, 1, 2])
		await ctx.db.orm.execute(sql`select audit_make_month(now() + make_interval(months => ${months}))`);
}

export async function listHolds(
	ctx: ServiceContext,
	input: ListHolds,
): Promise<{ rows: AuditHold[]; next: string | null }> {
	const isReleased = sql`(${auditHolds.releasedAt} is not null)`;
	const list = listQuery(input, { filter: { userId, isReleased, createdAt }, sort: { createdAt }, id });
	const rows = await ctx.db.orm
		.select({ ...holdColumns, userName: users.name, key: list.key })
		.from(auditHolds)
		.leftJoin(users, eq(users.id, auditHolds.userId))
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

const { id, userId, reason, createdBy, createdAt, releasedAt } = auditHolds;
const holdColumns = { id, userId, reason, createdBy, createdAt, releasedAt };

export async function placeHold(ctx: ServiceContext, input: PlaceHold): Promise<AuditHold> {
	const by = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		let userName: string | null = null;
		if (input.userId) {
			const [person] = await tx.select({ name: users.name }).from(users).where(eq(users.id, input.userId));
			if (!person) throw notFound("This account");
			userName = person.name;
		}
		const [made] = await tx
			.insert(auditHolds)
			.values({ ...input, createdBy: by.userId })
			.returning(holdColumns);
		if (!made) throw new Error("the hold was not stored");
		await audit(ctx, tx, {
			action: "audit.hold",
			resource: "audit",
			resourceId: made.id,
			subjectId: input.userId,
			detail: { userId: input.userId, reason: input.reason },
		});
		return { ...made, userName };
	});
}

export async function releaseHold(ctx: ServiceContext, input: OneHold): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [released] = await tx
			.update(auditHolds)
			.set({ releasedAt: sql`now()` })
			.where(and(eq(auditHolds.id, input.holdId), isNull(auditHolds.releasedAt)))
			.returning(holdColumns);
		if (!released) throw notFound("This hold");
		await audit(ctx, tx, {
			action: "audit.release-hold",
			resource: "audit",
			resourceId: released.id,
			subjectId: released.userId,
			detail: { userId: released.userId },
		});
	});
}

/**
 * From now on the next key signs. The last checkpoint of the old one proves the entry that names the new one, so whoever
 * trusts the old key can come to trust the new.
 */
export async function rotateSigningKey(ctx: ServiceContext): Promise<{ kid: string; publicKey: string }> {
	return ctx.db.transaction(async (tx) => {
		const [chain] = await tx.select().from(auditChain).for("update");
		const generation = (chain?.keyGeneration ?? 1) + 1;
		await tx.update(auditChain).set({ keyGeneration: generation });
		const { kid, publicKey } = signingKey(generation);
		const detail = { kid, was: signingKey(generation - 1).kid, publicPart: publicKey };
		await audit(ctx, tx, { action: "audit.rotate-key", resource: "audit", detail });
		return { kid, publicKey };
	});
}
