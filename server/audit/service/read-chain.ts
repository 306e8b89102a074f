import { desc } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { auditChain, auditCheckpoints, type SignedCheckpoint } from "@/db/schema";

/** Which chain this is and how far it has come; its root in hexadecimal. */
export async function chainOf(db: Reader): Promise<{ id: string; size: number; root: string }> {
	const [row] = await db
		.select({ id: auditChain.chain, size: auditChain.size, root: auditChain.root })
		.from(auditChain);
	if (!row) throw new Error("The audit has no chain");
	return { ...row, root: Buffer.from(row.root).toString("hex") };
}

export async function lastCheckpoint(db: Reader): Promise<SignedCheckpoint | null> {
	const [row] = await db
		.select({ checkpoint: auditCheckpoints.checkpoint })
		.from(auditCheckpoints)
		.orderBy(desc(auditCheckpoints.size))
		.limit(1);
	return row?.checkpoint ?? null;
}
