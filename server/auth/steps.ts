import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { signInSteps } from "@/db/schema";

const minutes = 5;
/** Wrong answers after which the sign-in begins anew. */
const mostFailures = 5;

export type Step = { id: string; userId: string | null; provedWith: "password" | "provider" | null };

const idOf = (cookie: string) => createHash("sha256").update(cookie).digest("hex");
const isAlive = (cookie: string) =>
	and(eq(signInSteps.id, idOf(cookie)), gt(signInSteps.expiresAt, sql`now()`), lt(signInSteps.failures, mostFailures));
const columns = { id: signInSteps.id, userId: signInSteps.userId, provedWith: signInSteps.provedWith };

/** Begins a sign-in in one browser. Answers the secret for its cookie, which is kept nowhere else. */
export async function openStep(
	db: Database,
	step: { userId: string; provedWith: "password" | "provider" } | { userId: null; provedWith: null },
): Promise<string> {
	const cookie = randomBytes(32).toString("base64url");
	await db.orm.delete(signInSteps).where(lt(signInSteps.expiresAt, sql`now()`));
	await db.orm
		.insert(signInSteps)
		.values({ ...step, id: idOf(cookie), expiresAt: sql`now() + make_interval(mins => ${minutes})` });
	return cookie;
}

export async function findStep(db: Database, cookie: string): Promise<Step | null> {
	const [step] = await db.orm.select(columns).from(signInSteps).where(isAlive(cookie));
	return step ?? null;
}

/** Counts a try before it is looked at; null once there were too many, or the time is up. */
export async function chargeStep(db: Database, cookie: string): Promise<Step | null> {
	const [step] = await db.orm
		.update(signInSteps)
		.set({ failures: sql`${signInSteps.failures} + 1` })
		.where(isAlive(cookie))
		.returning(columns);
	return step ?? null;
}

export async function setChallenge(db: Database, cookie: string, challenge: string): Promise<void> {
	await db.orm.update(signInSteps).set({ challenge }).where(isAlive(cookie));
}

/** Takes the challenge away, so that it serves once; null where there is none. */
export async function takeChallenge(db: Database, cookie: string): Promise<string | null> {
	return db.transaction(async (tx) => {
		const [step] = await tx
			.select({ challenge: signInSteps.challenge })
			.from(signInSteps)
			.where(isAlive(cookie))
			.for("update");
		await tx.update(signInSteps).set({ challenge: null }).where(isAlive(cookie));
		return step?.challenge ?? null;
	});
}

/** Ends it. Of several at once one hears that it was theirs to end. */
export async function endStep(db: Database, cookie: string): Promise<boolean> {
	const [ended] = await db.orm.delete(signInSteps).where(isAlive(cookie)).returning({ id: signInSteps.id });
	return ended !== undefined;
}
