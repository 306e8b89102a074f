import { and, eq, lte, sql } from "drizzle-orm";
import { approvals } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { notifyApprovals } from "../events";
import { tooLate } from "./spend";

/** Writes down what time has decided; answers how many there were. */
export async function endOverdueApprovals(ctx: ServiceContext): Promise<number> {
	return ctx.db.transaction(async (tx) => {
		const expired = await tx
			.update(approvals)
			.set({ state: "expired" })
			.where(and(eq(approvals.state, "pending"), lte(approvals.expiresAt, sql`now()`)))
			.returning({ id: approvals.id, runId: approvals.runId });
		const late = await tx
			.update(approvals)
			.set({ state: "void", reason: tooLate })
			.where(and(eq(approvals.state, "approved"), lte(approvals.useBy, sql`now()`)))
			.returning({ id: approvals.id, runId: approvals.runId });
		const ended = [
			...expired.map((row) => ({ ...row, action: "approval.expire" })),
			...late.map((row) => ({ ...row, action: "approval.void" })),
		];
		for (const { id, runId, action } of ended) {
			await audit(ctx, tx, { action, resource: "approval", resourceId: id, runId });
			await notifyApprovals(tx, id);
		}
		return ended.length;
	});
}
