import { and, eq, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { sessions, users } from "@/db/schema";
import type { Cause, Principal, UserActor } from "@/server/core/actor";
import { rightsColumns, toUserActor } from "@/server/core/rights";
import { findKeyActors } from "@/server/keys/service";

/** Why nothing may be done any more for whoever caused it. */
export type Refusal = "disabled" | "ended" | "key";
export type Standing = { principal: Principal; refusal: null } | { principal: null; refusal: Refusal };

export const refusalTexts = {
	disabled: "The account that it worked for was disabled.",
	ended: "The session that it was started in was ended.",
	key: "The key that it was started with no longer works.",
} as const satisfies Record<Refusal, string>;

const unique = (ids: (string | null)[]) => [...new Set(ids.filter((id) => id !== null))];

/**
 * Whom each of these works for, with the rights of this moment, in their order. A session that was signed out by itself, or
 * has run out, leaves what it started alone; one that somebody ended does not, nor does a key that no longer works.
 */
export async function findStandings(db: Database, causes: readonly Cause[]): Promise<Standing[]> {
	const [{ people, found }, keys] = await Promise.all([
		findPeople(db, unique(causes.map(({ userId }) => userId)), unique(causes.map(({ sessionId }) => sessionId))),
		findKeyActors(db, unique(causes.map(({ keyId }) => keyId))),
	]);
	return causes.map(({ userId, sessionId, keyId }): Standing => {
		const person = people.get(userId);
		if (!person) return { principal: null, refusal: "disabled" };
		const session = sessionId ? found.get(sessionId) : undefined;
		if (session?.isEnded) return { principal: null, refusal: "ended" };
		if (!keyId) return { principal: within({ ...person, sessionId }, session?.scopes ?? null), refusal: null };
		const key = keys.get(keyId);
		return key?.owner.userId === userId ? { principal: key, refusal: null } : { principal: null, refusal: "key" };
	});
}

export async function findStanding(db: Database, cause: Cause): Promise<Standing> {
	const [standing] = await findStandings(db, [cause]);
	return standing ?? { principal: null, refusal: "disabled" };
}

type Session = { id: string; scopes: string[] | null; isEnded: boolean };

/** Those of the people who may still act, and of their sessions those that say more than that there is one. */
async function findPeople(db: Database, userIds: string[], sessionIds: string[]) {
	const people = new Map<string, UserActor>();
	const found = new Map<string, Session>();
	if (userIds.length === 0) return { people, found };
	const saysMore = or(isNotNull(sessions.revokedAt), isNotNull(sessions.scopes));
	const rows = await db.orm
		.select({
			person: rightsColumns,
			session: {
				id: sessions.id,
				scopes: sessions.scopes,
				isEnded: sql<boolean>`${sessions.revokedAt} is not null and ${sessions.revokedBecause} is distinct from 'signed out'`,
			},
		})
		.from(users)
		.leftJoin(sessions, and(eq(sessions.userId, users.id), inArray(sessions.id, sessionIds), saysMore))
		.where(and(inArray(users.id, userIds), isNull(users.disabledAt)));
	for (const { person, session } of rows) {
		people.set(person.userId, toUserActor(person, { sessionId: null, provedAt: null }));
		if (session) found.set(session.id, session);
	}
	return { people, found };
}

/** What a program was let do is all that it can leave behind. */
const within = (person: UserActor, scopes: string[] | null): UserActor =>
	scopes ? { ...person, permissions: new Set([...person.permissions].filter((one) => scopes.includes(one))) } : person;
