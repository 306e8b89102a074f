import { and, eq, gt, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { sessionIntents } from "@/db/schema";
import { AppError } from "@/server/core/errors";

type Purpose = typeof sessionIntents.$inferSelect.purpose;
const minutes = 5;

/** Remembers what this session is about to do; a newer one of its kind takes its place. */
export async function openIntent(
	db: Reader,
	sessionId: string | null,
	purpose: Purpose,
	challenge: string | null,
): Promise<void> {
	if (sessionId === null)
		throw new AppError("FORBIDDEN", "This can be done in a browser only, where you are signed in.");
	const fresh = { challenge, createdAt: sql`now()`, expiresAt: sql`now() + make_interval(mins => ${minutes})` };
	await db
		.insert(sessionIntents)
		.values({ sessionId, purpose, ...fresh })
		.onConflictDoUpdate({ target: [sessionIntents.sessionId, sessionIntents.purpose], set: fresh });
}

/** Takes it away, so that it serves once; its challenge, or null where there was none of the last minutes. */
export async function takeIntent(db: Reader, sessionId: string | null, purpose: Purpose): Promise<string | null> {
	if (sessionId === null) return null;
	const [taken] = await db
		.delete(sessionIntents)
		.where(
			and(
				eq(sessionIntents.sessionId, sessionId),
				eq(sessionIntents.purpose, purpose),
				gt(sessionIntents.expiresAt, sql`now()`),
			),
		)
		.returning({ challenge: sessionIntents.challenge });
	return taken ? (taken.challenge ?? "") : null;
}

export async function hasIntent(db: Reader, sessionId: string, purpose: Purpose): Promise<boolean> {
	const [row] = await db
		.select({ purpose: sessionIntents.purpose })
		.from(sessionIntents)
		.where(
			and(
				eq(sessionIntents.sessionId, sessionId),
				eq(sessionIntents.purpose, purpose),
				gt(sessionIntents.expiresAt, sql`now()`),
			),
		);
	return row !== undefined;
}
