import { randomUUID } from "node:crypto";
import type { Database } from "@/db/connection";
import { users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import { readUserActor } from "@/server/core/rights";

/** Of a password that nobody knows. */
const unknown = "$argon2id$v=19$m=47104,t=1,p=1$nqx8TmjByjepvncADj22Dw$5vtxbYppU/odMyUX9zKoSr9mVq49719d9ddfRFo5CWs";

/** A freshly made person, with an e-mail that nobody else has. */
export async function testUser(
	db: Database,
	{ role = "staff", name = "Robin Tester" }: { role?: Role; name?: string } = {},
): Promise<UserActor> {
	const email = `${randomUUID()}@example.test`;
	const [user] = await db.orm
		.insert(users)
		.values({ email, name, role, passwordHash: unknown })
		.returning({ id: users.id });
	if (!user) throw new Error("The user was not made");
	const actor = await readUserActor(db.orm, user.id);
	if (!actor) throw new Error("The user was not made");
	return actor;
}

/** What a service gets from a request of a freshly made person in that role, or of the given person. */
export async function testContext(
	db: Database,
	who: { role?: Role; name?: string } | UserActor = {},
): Promise<ServiceContext> {
	const actor = "kind" in who ? who : await testUser(db, who);
	return { db, actor, via: "rpc", requestId: randomUUID(), origin: { address: "127.0.0.1", userAgent: "vitest" } };
}
