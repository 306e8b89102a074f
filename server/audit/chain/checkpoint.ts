import { desc, eq, gt, sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { auditChain, auditCheckpoints, auditKeys, type SignedCheckpoint } from "@/db/schema";
import { holdChain, readHead } from "./seal";
import { checkpointHash, signCheckpoint, signingKey } from "./signing";

/** A checkpoint is due after so many entries, or so many ms after the last one if there is anything new. */
const due = { entries: 1_000, ms: 60_000 };

export async function lastCheckpoint(db: Reader): Promise<SignedCheckpoint | null> {
	const [row] = await db.select().from(auditCheckpoints).orderBy(desc(auditCheckpoints.size)).limit(1);
	return row?.checkpoint ?? null;
}

/** Those after the first `size` entries, oldest first. */
export const checkpointsAfter = async (db: Reader, size: number, most: number): Promise<SignedCheckpoint[]> =>
	(
		await db
			.select()
			.from(auditCheckpoints)
			.where(gt(auditCheckpoints.size, size))
			.orderBy(auditCheckpoints.size)
			.limit(most)
	).map(({ checkpoint }) => checkpoint);

/** Signs how far the chain has come, when that is due; `isAsked` makes it due whenever there is anything new. */
export async function checkpointNext(db: Database, isAsked = false): Promise<SignedCheckpoint | null> {
	return db.transaction(async (tx) => {
		if (!(await holdChain(tx))) return null;
		const head = await readHead(tx);
		const last = await lastCheckpoint(tx);
		const news = head.size - (last?.size ?? 0);
		const age = head.moment - (last ? Date.parse(last.time) : 0);
		if (news <= 0 || (!isAsked && news < due.entries && age < due.ms)) return null;
		const key = signingKey(await generationOf(tx));
		await tx.insert(auditKeys).values({ kid: key.kid, publicKey: key.publicKey }).onConflictDoNothing();
		const at = new Date(head.moment);
		const checkpoint = signCheckpoint(key, {
			chain: head.chain,
			size: head.size,
			root: head.root.toString("hex"),
			prev: checkpointHash(last),
			time: at.toISOString(),
		});
		await tx.insert(auditCheckpoints).values({ size: head.size, at, checkpoint });
		return checkpoint;
	});
}

async function generationOf(db: Reader): Promise<number> {
	const [row] = await db.select({ generation: auditChain.keyGeneration }).from(auditChain);
	return row?.generation ?? 1;
}

/** The public halves of all keys that signed here, oldest first, as one file. */
export async function publicKeys(db: Reader): Promise<string> {
	const rows = await db.select().from(auditKeys).orderBy(auditKeys.createdAt, sql`kid`);
	return rows.map(({ publicKey }) => publicKey).join("");
}

export async function checkpointAt(db: Reader, size: number): Promise<SignedCheckpoint | null> {
	const [row] = await db.select().from(auditCheckpoints).where(eq(auditCheckpoints.size, size));
	return row?.checkpoint ?? null;
}
