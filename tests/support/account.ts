import { randomBytes, randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { auditEntries, passkeys, resetRequests, sessions, users } from "@/db/schema";
import { answerReset } from "@/server/account/service";
import { hashPassword } from "@/server/auth/passwords";
import { findSessionActor } from "@/server/auth/service";
import type { Actor, UserActor } from "@/server/core/actor";
import { asJob, jobContext } from "@/server/jobs/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";

/** The password that everybody here begins with. */
export const firstPassword = "my uncle grows pale tomatoes";
let passwordHash: Promise<string> | null = null;

/** People with accounts of their own in one database, and what they do with them. */
export function accountPeople(database: () => Database) {
	const as = (actor: Actor) =>
		createCaller(contextForActor(actor, { db: database(), requestId: randomUUID(), via: "rpc" }));
	/** Each from an address of its own, so that none uses up another's limit. */
	const stranger = () => {
		const address = `2001:db8:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}::1`;
		const ctx = contextForActor({ kind: "anonymous" }, { db: database(), requestId: randomUUID(), via: "rpc" });
		return createCaller({ ...ctx, origin: { address, userAgent: null } });
	};
	async function person(more: { hasPasskey?: boolean } = {}) {
		const email = `${randomUUID()}@example.test`;
		passwordHash ??= hashPassword(firstPassword);
		const [row] = await database()
			.orm.insert(users)
			.values({ email, name: "Robin Tester", role: "staff", passwordHash: await passwordHash })
			.returning();
		const userId = row?.id ?? "";
		if (more.hasPasskey)
			await database().orm.insert(passkeys).values({
				userId,
				name: "Key",
				credentialId: randomUUID(),
				publicKey: "",
				counter: 0,
				transports: [],
				isBackedUp: false,
			});
		return { userId, email };
	}

	/** A session of theirs, made as signing in makes it. */
	async function session(userId: string): Promise<UserActor> {
		const [row] = await database()
			.orm.insert(sessions)
			.values({ userId, expiresAt: new Date(Date.now() + 3_600_000) })
			.returning({ id: sessions.id });
		const actor = await findSessionActor(database(), row?.id ?? "");
		if (!actor) throw new Error("no session");
		return actor;
	}
	const lives = async (actor: UserActor) => (await findSessionActor(database(), actor.sessionId ?? "")) !== null;

	const asTheJob = () => asJob({ db: database() }, () => jobContext("answer-reset-request", randomUUID()));
	/** Asks for a link and does what the job does. */
	async function forgot(email: string): Promise<string> {
		await stranger().account.forgot({ email });
		const [request] = await database().orm.select().from(resetRequests).where(eq(resetRequests.email, email));
		return answerReset(asTheJob(), { requestId: request?.id ?? "" });
	}
	const entriesOf = (userId: string, action: string) =>
		database()
			.orm.select()
			.from(auditEntries)
			.where(and(eq(auditEntries.resourceId, userId), eq(auditEntries.action, action)));
	return { as, stranger, person, session, lives, forgot, entriesOf, asTheJob };
}
