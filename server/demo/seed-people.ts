import { inArray, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { users } from "@/db/schema";
import { verifyPassword } from "@/server/auth/passwords";
import { findUserActor } from "@/server/auth/service";
import type { Actor, UserActor } from "@/server/core/actor";
import { AppError } from "@/server/core/errors";
import { createOwner, createUser, issueSetupCode, listUsers } from "@/server/users/service";
import { demoContext, demoJob, everyRow } from "./context";
import { type Person, type PersonKey, people, personKeys } from "./organisation";
import { demoPassword } from "./password";

export type DemoActors = Record<PersonKey, UserActor>;

/**
 * Makes whoever is missing. On a fresh installation the demo's managing director becomes its owner; where there is an
 * owner already, she is an administrator, for nobody but an owner makes an owner.
 */
export async function seedPeople(db: Database): Promise<DemoActors> {
	const known = await knownIds(db);
	const { ingrid, ...others } = people;
	if (!known.has(ingrid.email) && !(await becameOwner(db, ingrid)))
		await hire(db, demoJob, { ...ingrid, role: "admin" });
	const first = await actorOf(db, ingrid);
	for (const person of Object.values(others)) if (!known.has(person.email)) await hire(db, first, person);
	const actors = await Promise.all(personKeys.map(async (key) => [key, await actorOf(db, people[key])] as const));
	return Object.fromEntries(actors) as DemoActors;
}

async function knownIds(db: Database): Promise<Map<string, string>> {
	const rows = await everyRow((page) => listUsers(demoContext(db, demoJob), page));
	return new Map(rows.map(({ email, id }) => [email.toLowerCase(), id]));
}

/** False where there is an owner, also one who was quicker just now. */
async function becameOwner(db: Database, { name, email }: Person): Promise<boolean> {
	const code = await issueSetupCode(db);
	if (code === null) return false;
	const owner = { code, name, email, password: demoPassword() };
	try {
		await createOwner(demoContext(db, { kind: "anonymous" }), owner);
		return true;
	} catch (error) {
		if (error instanceof AppError && error.code === "FORBIDDEN") return false;
		throw error;
	}
}

async function hire(db: Database, by: Actor, { name, email, role }: Person): Promise<void> {
	await createUser(demoContext(db, by), { name, email, role, password: demoPassword() });
}

async function actorOf(db: Database, { name, email }: Person): Promise<UserActor> {
	const id = (await knownIds(db)).get(email);
	const actor = id ? await findUserActor(db, id) : null;
	if (!actor)
		throw new AppError("CONFLICT", `The demo needs ${name} (${email}), whose account is disabled: enable it.`);
	return actor;
}

export type SignIn = { name: string; post: string; email: string; role: string };

/** Who can sign in with the demo's password: not those whose account was there before, or got another password since. */
export async function whoCanSignIn(db: Database): Promise<SignIn[]> {
	const posts = new Map(Object.values(people).map(({ email, post }) => [email, post]));
	const rows = await db.orm
		.select({ name: users.name, email: users.email, role: users.role, passwordHash: users.passwordHash })
		.from(users)
		.where(inArray(sql`lower(${users.email})`, [...posts.keys()]))
		.orderBy(users.createdAt);
	const found: SignIn[] = [];
	for (const { passwordHash, ...row } of rows)
		if (await verifyPassword(passwordHash, demoPassword())) found.push({ ...row, post: posts.get(row.email) ?? "" });
	return found;
}
