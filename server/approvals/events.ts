import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";

/** The channel on which pages and executors hear that something waits or was decided. */
export const approvalsChannel = "approvals";

/** Told once the transaction is through. */
export async function notifyApprovals(tx: Reader, approvalId: string): Promise<void> {
	await tx.execute(sql`select pg_notify(${approvalsChannel}, ${approvalId})`);
}
