import { and, eq, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { sessions, users } from "@/db/schema";
import type { Cause, Principal, UserActor } from "@/server/core/actor";
import { type RightsRow, rightsColumns, toUserActor } from "@/server/core/rights";
import { findKeyActors } from "@/server/keys/service";

/** Why nothing may be done any more for whoever caused it. */
export type Refusal = "disabled" | "ended" | "key";
export type Standing = { principal: Principal; refusal: null } | { principal: null; refusal: Refusal };

export const refusalTexts = {
	disabled: "The account that it worked for was disabled.",
	ended: "The session that it was started in was ended.",
	key: "The key that it was started with no longer works.",
} as const satisfies Record<Refusal, string>;

const isEnded = sql<boolean>`(${sessions.revokedAt} is not null and ${sessions.revokedBecause} is distinct from 'signed out')`;
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
		const session = sessionId ? found.get(sessionId) : undefined;
		const ofPerson = standingOf(people.get(userId), session, sessionId);
		if (!keyId || !ofPerson.principal) return ofPerson;
		const key = keys.get(keyId);
		return key?.owner.userId === userId ? { principal: key, refusal: null } : { principal: null, refusal: "key" };
	});
}

function standingOf(person: UserActor | undefined, session: Session | undefined, sessionId: string | null): Standing {
	if (!person) return { principal: null, refusal: "disabled" };
	if (session?.isEnded) return { principal: null, refusal: "ended" };
	return { principal: within({ ...person, sessionId }, session?.scopes ?? null), refusal: null };
}

/** Beside rows of `users` and, where there is one, of `sessions`: what `standingOfRow` needs. */
export const standingColumns = sql`json_build_object('userId', ${users.id}, 'name', ${users.name}, 'role', ${users.role},
	'groupIds', ${rightsColumns.groupIds}, 'roleKeys', ${rightsColumns.roleKeys}, 'custom', ${rightsColumns.custom},
	'isDisabled', ${users.disabledAt} is not null, 'scopes', ${sessions.scopes}, 'isEnded', coalesce(${isEnded}, false))`;
export type StandingRow = RightsRow & { isDisabled: boolean; scopes: string[] | null; isEnded: boolean };

/** The same for who has read a person's row together with something else; what was started with a key, the key decides. */
export function standingOfRow(
	{ isDisabled, scopes, isEnded, ...row }: StandingRow,
	sessionId: string | null,
): Standing {
	const person = isDisabled ? undefined : toUserActor(row, { sessionId: null, provedAt: null });
	return standingOf(person, sessionId ? { id: sessionId, scopes, isEnded } : undefined, sessionId);
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
				isEnded,
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
