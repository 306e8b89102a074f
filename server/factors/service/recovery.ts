import { createHmac, randomInt } from "node:crypto";
import { and, count, eq, isNull, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { recoveryCodes } from "@/db/schema";
import { secret } from "@/server/core/secrets";

const howMany = 10;
/** Without letters and digits that look alike: 32 of them, 5 bits each, 60 bits a code. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

const makeCode = () =>
	Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join("")).join(
		"-",
	);

const hashOf = (userId: string, code: string) =>
	createHmac("sha256", secret("recovery"))
		.update(`${userId} ${code.replace(/[^A-Za-z0-9]/g, "").toUpperCase()}`)
		.digest("hex");

/** New codes in place of all older ones. This is the only time that they can be read. */
export async function makeRecoveryCodes(tx: Reader, userId: string): Promise<string[]> {
	const codes = Array.from({ length: howMany }, makeCode);
	await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
	await tx.insert(recoveryCodes).values(codes.map((code) => ({ userId, codeHash: hashOf(userId, code) })));
	return codes;
}

/** For whoever adds their first factor: codes for the day on which it is lost. */
export async function makeFirstRecoveryCodes(tx: Reader, userId: string): Promise<string[] | null> {
	return (await countRecoveryCodes(tx, userId)) > 0 ? null : makeRecoveryCodes(tx, userId);
}

export async function countRecoveryCodes(db: Reader, userId: string): Promise<number> {
	const [row] = await db
		.select({ left: count() })
		.from(recoveryCodes)
		.where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)));
	return row?.left ?? 0;
}

/** Uses the code up. Of many tries at once one wins. */
export async function consumeRecoveryCode(db: Reader, userId: string, code: string): Promise<boolean> {
	const [used] = await db
		.update(recoveryCodes)
		.set({ usedAt: sql`now()` })
		.where(
			and(
				eq(recoveryCodes.userId, userId),
				eq(recoveryCodes.codeHash, hashOf(userId, code)),
				isNull(recoveryCodes.usedAt),
			),
		)
		.returning({ id: recoveryCodes.id });
	return used !== undefined;
}
