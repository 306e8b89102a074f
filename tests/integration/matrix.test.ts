import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { sessions, users } from "@/db/schema";
import { findSessionActor } from "@/server/auth/service";
import type { Actor, ApiKeyActor, Principal, UserActor } from "@/server/core/actor";
import { type Permission, permissions, type Role, roles } from "@/server/core/permissions";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";
import { testDatabase, testUser } from "@/tests/support";
import { callAs } from "@/tests/support/call";

/** Which callers a procedure lets in; `open` for those that need no identity. */
type Matrix = Record<string, "open" | Role[]>;

const file = new URL("../architecture/permission-matrix.json", import.meta.url);
const checkedIn: Matrix = JSON.parse(readFileSync(file, "utf8"));
const procedures = listProcedures(appRouter);

let db: Database;
const people = new Map<Role, UserActor>();
beforeAll(async () => {
	db = await testDatabase();
	for (const role of roles) people.set(role, await testUser(db, { role }));
});

const personIn = (role: Role): UserActor => {
	const person = people.get(role);
	if (!person) throw new Error(`Nobody is ${role}`);
	return person;
};
const keyOf = (owner: UserActor, scopes: readonly Permission[]): ApiKeyActor => ({
	kind: "apiKey",
	keyId: randomUUID(),
	name: "Key",
	scopes: new Set(scopes),
	owner,
});
const agentFor = (onBehalfOf: Principal): Actor => ({
	kind: "agent",
	agentId: randomUUID(),
	runId: randomUUID(),
	onBehalfOf,
});
const allBut = (permission: Permission) => permissions.filter((one) => one !== permission);

/** Whether the gate lets this caller past identity and permission, asked with an input that no procedure takes. */
async function getsIn(path: string, actor: Actor): Promise<boolean> {
	const { code } = await callAs(db, actor, path, { "no procedure takes this": true });
	return code !== "UNAUTHORIZED" && code !== "FORBIDDEN";
}

const whoGetsIn = async (path: string, actorOf: (person: UserActor) => Actor): Promise<Role[]> => {
	const inside: Role[] = [];
	for (const role of roles) if (await getsIn(path, actorOf(personIn(role)))) inside.push(role);
	return inside;
};

const closed = procedures.flatMap(({ path, meta: { permission } }) => (permission ? [{ path, permission }] : []));
const open = procedures.filter(({ meta }) => meta.permission === null);

// T1: every procedure, as everybody.
describe("who gets in is what the matrix says", () => {
	test.each(closed)("$path", async ({ path, permission }) => {
		const allowed = checkedIn[path];
		const no: Role[] = [];
		expect(await getsIn(path, { kind: "anonymous" })).toBe(false);
		expect(await getsIn(path, { kind: "job", job: "scheduled", onBehalfOf: null })).toBe(false);
		expect(await whoGetsIn(path, (person) => person)).toEqual(allowed);
		// A key does what both its scopes and its owner may; so does an agent for either.
		expect(await whoGetsIn(path, (person) => keyOf(person, [permission]))).toEqual(allowed);
		expect(await whoGetsIn(path, (person) => keyOf(person, allBut(permission)))).toEqual(no);
		expect(await whoGetsIn(path, (person) => agentFor(person))).toEqual(allowed);
		expect(await whoGetsIn(path, (person) => agentFor(keyOf(person, [permission])))).toEqual(allowed);
		expect(await whoGetsIn(path, (person) => agentFor(keyOf(person, allBut(permission))))).toEqual(no);
	});

	test.each(open)("$path is open to all", async ({ path }) => {
		expect(checkedIn[path]).toBe("open");
		expect(await getsIn(path, { kind: "anonymous" })).toBe(true);
		expect(await whoGetsIn(path, (person) => person)).toEqual(roles);
	});
});

test("the session of a disabled account is nobody's, whatever its role", async () => {
	for (const role of roles) {
		const { userId } = await testUser(db, { role });
		const expiresAt = new Date(Date.now() + 60_000);
		const [session] = await db.orm.insert(sessions).values({ userId, expiresAt }).returning({ id: sessions.id });
		const sessionId = session?.id ?? "";
		expect(await findSessionActor(db, sessionId)).toMatchObject({ userId });
		await db.orm.update(users).set({ disabledAt: new Date() }).where(eq(users.id, userId));
		expect(await findSessionActor(db, sessionId)).toBeNull();
	}
});
