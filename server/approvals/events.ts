import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { runsChannel } from "@/server/runs/events";

/** The channel on which pages hear that something waits or was decided. */
export const approvalsChannel = "approvals";

/** Told once the transaction is through. Executors look too: a run may wait for it. */
export async function notifyApprovals(tx: Reader, approvalId: string): Promise<void> {
	await tx.execute(sql`select pg_notify(${approvalsChannel}, ${approvalId}), pg_notify(${runsChannel}, '')`);
}
