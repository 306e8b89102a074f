import { and, desc, eq, lt } from "drizzle-orm";
import { auditEntries } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/cursor";
import type { AuditEntry, ListAudit } from "./contract";

/** Newest first. Whoever holds audit:read sees all of it: it has no rows of one's own. */
export async function listAudit(
	ctx: ServiceContext,
	input: ListAudit,
): Promise<{ rows: AuditEntry[]; next: string | null }> {
	const after = decodeCursor(input.cursor);
	const rows = await ctx.db.orm
		.select()
		.from(auditEntries)
		.where(
			and(
				after ? lt(auditEntries.id, Number(after[0])) : undefined,
				input.userId ? eq(auditEntries.userId, input.userId) : undefined,
				input.action ? eq(auditEntries.action, input.action) : undefined,
				input.outcome ? eq(auditEntries.outcome, input.outcome) : undefined,
				input.requestId ? eq(auditEntries.requestId, input.requestId) : undefined,
			),
		)
		.orderBy(desc(auditEntries.id))
		.limit(input.limit + 1);
	return toPage(rows, input.limit, (row) => [row.id]);
}
