import { asc, count, desc, isNull, sql } from "drizzle-orm";
import { auditChain, auditHolds, auditLog, auditSinks, auditVerifications } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { lastCheckpoint, publicKeys } from "../chain/checkpoint";
import type { AuditStatus } from "../contract";

/** How the chain is, and who else has proof of it. */
export async function readStatus(ctx: ServiceContext): Promise<AuditStatus> {
	const { orm } = ctx.db;
	const [[chain], [pending], [first], [held], [verification], checkpoint, sinks, keys] = await Promise.all([
		orm.select().from(auditChain),
		orm.execute<{ waiting: number; lag: number }>(sql`select count(*)::int as waiting,
			coalesce(extract(epoch from clock_timestamp() - min(at)) * 1000, 0)::int as lag from audit_pending`),
		orm.select({ seq: auditLog.seq }).from(auditLog).orderBy(asc(auditLog.seq)).limit(1),
		orm.select({ n: count() }).from(auditHolds).where(isNull(auditHolds.releasedAt)),
		orm.select().from(auditVerifications).orderBy(desc(auditVerifications.createdAt)).limit(1),
		lastCheckpoint(orm),
		orm.select().from(auditSinks).orderBy(auditSinks.name),
		publicKeys(orm),
	]);
	if (!chain) throw new Error("the audit has no chain: migrate the database");
	return {
		chain: chain.chain,
		size: chain.size,
		sealedAt: chain.sealedAt,
		waiting: pending?.waiting ?? 0,
		lagMs: Math.max(0, pending?.lag ?? 0),
		firstSeq: first?.seq ?? null,
		checkpoint,
		sinks,
		keys,
		retentionMonths: chain.retentionMonths,
		holds: held?.n ?? 0,
		verification: verification ?? null,
	};
}
