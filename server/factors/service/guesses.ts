import { eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { factorGuesses } from "@/db/schema";
import { AppError } from "@/server/core/errors";

/** Wrong codes in a row that cost nothing; after them each wrong one doubles the wait, up to an hour. */
const freeGuesses = 5;

/**
 * Counts a try before it is looked at, so that many at once count too. Throws LIMIT_REACHED while there is a wait. Whoever gets
 * here has shown the password already: nobody can lock a stranger out.
 */
export async function chargeGuess(db: Database, userId: string): Promise<void> {
	const waitMinutes = sql`least(60, power(2, least(10, ${factorGuesses.failures} + 1 - ${freeGuesses})))`;
	const [counted] = await db.orm
		.insert(factorGuesses)
		.values({ userId, failures: 1 })
		.onConflictDoUpdate({
			target: factorGuesses.userId,
			set: {
				failures: sql`${factorGuesses.failures} + 1`,
				lockedUntil: sql`case when ${factorGuesses.failures} + 1 >= ${freeGuesses} then now() + make_interval(mins => ${waitMinutes}::int) end`,
			},
			setWhere: sql`${factorGuesses.lockedUntil} is null or ${factorGuesses.lockedUntil} <= now()`,
		})
		.returning({ failures: factorGuesses.failures });
	if (counted) return;
	const [wait] = await db.orm
		.select({ seconds: sql<number>`ceil(extract(epoch from ${factorGuesses.lockedUntil} - now()))::int` })
		.from(factorGuesses)
		.where(eq(factorGuesses.userId, userId));
	const seconds = Math.max(1, wait?.seconds ?? 1);
	throw new AppError("LIMIT_REACHED", `Too many wrong codes. Try again in ${inWords(seconds)}, or use a passkey.`, {
		retryAfterSeconds: seconds,
	});
}

const inWords = (seconds: number) => (seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`);

export async function forgetGuesses(db: Database, userId: string): Promise<void> {
	await db.orm.delete(factorGuesses).where(eq(factorGuesses.userId, userId));
}
