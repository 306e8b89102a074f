import type { Reader } from "@/db/connection";
import { auditChain } from "@/db/schema";

/** Which chain this is and how far it has come; its root in hexadecimal. */
export async function chainOf(db: Reader): Promise<{ id: string; size: number; root: string }> {
	const [row] = await db
		.select({ id: auditChain.chain, size: auditChain.size, root: auditChain.root })
		.from(auditChain);
	if (!row) throw new Error("The audit has no chain");
	return { ...row, root: Buffer.from(row.root).toString("hex") };
}
