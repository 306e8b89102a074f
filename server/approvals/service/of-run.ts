import { eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { type ApprovalState, approvals } from "@/db/schema";
import { nameOf } from "./deciders";

/** How an approval stands that a run waits for. */
export type RunApproval = { state: ApprovalState; decidedBy: string | null; reason: string | null };

/** By the clock, whether or not the job that writes it down has come by; null where it is gone. */
export async function runApproval(db: Database, approvalId: string): Promise<RunApproval | null> {
	const isLate = sql<boolean>`${approvals.expiresAt} <= now()`;
	const [row] = await db.orm
		.select({ state: approvals.state, decidedBy: approvals.decidedBy, reason: approvals.reason, isLate })
		.from(approvals)
		.where(eq(approvals.id, approvalId));
	if (!row) return null;
	const state = row.state === "pending" && row.isLate ? "expired" : row.state;
	return { state, decidedBy: row.decidedBy ? await nameOf(db.orm, row.decidedBy) : null, reason: row.reason };
}

/** How long the run has waited for people so far, in ms: that is no time of its own. */
export async function waitedMs(db: Database, runId: string): Promise<number> {
	const until = sql`coalesce(${approvals.decidedAt}, least(now(), ${approvals.expiresAt}))`;
	const [row] = await db.orm
		.select({
			ms: sql<number>`coalesce(sum(extract(epoch from ${until} - ${approvals.createdAt})) * 1000, 0)::float8`,
		})
		.from(approvals)
		.where(eq(approvals.runId, runId));
	return row?.ms ?? 0;
}
