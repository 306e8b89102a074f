import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, documents, users } from "@/db/schema";
import { explainAccess, getStanding, listGroups } from "@/server/access/service";
import { listAgents } from "@/server/agents/service";
import { hashPassword } from "@/server/auth/passwords";
import { signIn } from "@/server/auth/service";
import { listConnections, listRoutes } from "@/server/models/service";
import { getPrompt, listPrompts } from "@/server/prompts/service";
import { listUsers, needsOwner } from "@/server/users/service";
import { testContext, testDatabase } from "@/tests/support";
import { demoContext, everyRow } from "./context";
import { library } from "./library";
import { people, personKeys } from "./organisation";
import { demoPassword } from "./password";
import { seedAccess } from "./seed-access";
import { seedAudit } from "./seed-audit";
import { bringDocuments, seedShelves } from "./seed-library";
import { seedModels } from "./seed-models";
import { type DemoActors, seedPeople, whoCanSignIn } from "./seed-people";
import { seedAgents, seedPrompts } from "./seed-workshop";
import { demoAgents, demoPrompts } from "./workshop";

let db: Database;
let actors: DemoActors;
beforeAll(async () => {
	db = await testDatabase();
	actors = await seedPeople(db);
});

test("a fresh installation gets an owner and everyone else, once", async () => {
	expect(await needsOwner(db)).toBe(false);
	expect(await seedPeople(db)).toEqual(actors);
	const { rows } = await listUsers(await testContext(db, actors.ingrid), { limit: 100 });
	expect(rows.map(({ email, role }) => [email, role]).toSorted()).toEqual(
		Object.values(people)
			.map(({ email, role }) => [email, role])
			.toSorted(),
	);
});

test("each change of the demo has its audit row, by the person who made it", async () => {
	const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.action, "user.create"));
	expect(rows.length).toBe(personKeys.length);
	expect(new Set(rows.map(({ actorLabel }) => actorLabel))).toEqual(new Set([people.ingrid.name]));
});

test("the printed password opens the accounts that the demo made, and no other", async () => {
	const email = people.jonas.email;
	const ctx = demoContext(db, { kind: "anonymous" });
	expect((await signIn(ctx, { email, password: demoPassword() }))?.name).toBe("Jonas Feld");
	expect(demoPassword().length).toBeGreaterThanOrEqual(15);
	const passwordHash = await hashPassword("she chose a sentence of her own");
	await db.orm.update(users).set({ passwordHash }).where(eq(users.email, people.lea.email));
	const able = (await whoCanSignIn(db)).map(({ name }) => name);
	expect(able.toSorted()).toEqual(
		Object.values(people)
			.map(({ name }) => name)
			.filter((name) => name !== people.lea.name)
			.toSorted(),
	);
});

test("prompts and agents are made once, also after a stop in the middle", async () => {
	const [first] = demoPrompts;
	if (!first) throw new Error("The demo has no prompt");
	const prompts = await seedPrompts(db, actors);
	const again = await seedPrompts(db, actors);
	expect([...again]).toEqual([...prompts]);
	expect(prompts.get(first.name)?.labels).toEqual([
		{ name: "production", version: 3 },
		{ name: "staging", version: 3 },
	]);
	const ctx = await testContext(db, actors.maren);
	const history = await getPrompt(ctx, { promptId: prompts.get(first.name)?.id ?? "" });
	expect(history.versions.map(({ message }) => message).toReversed()).toEqual(
		first.versions.map(({ message }) => message),
	);
	expect(new Set(history.versions.map(({ authorName }) => authorName)).size).toBe(2);

	const collections = new Map<string, string>();
	const agents = await seedAgents(db, actors, { prompts, collections });
	expect(await seedAgents(db, actors, { prompts, collections })).toEqual(agents);
	const { rows } = await listAgents(ctx, { limit: 100 });
	expect(rows.length).toBe(demoAgents.length + 3);
	expect((await everyRow((page) => listPrompts(ctx, page))).length).toBe(demoPrompts.length + 1);
});

test("connections, models, prices and a route over them are made once, and ask nobody", async () => {
	await seedModels(db, actors);
	await seedModels(db, actors);
	const ctx = await testContext(db, actors.tobias);
	const { rows } = await listConnections(ctx, { limit: 50 });
	expect(rows.map(({ isEnabled, hasKey, modelCount }) => ({ isEnabled, hasKey, modelCount }))).toEqual([
		{ isEnabled: false, hasKey: false, modelCount: 1 },
		{ isEnabled: false, hasKey: false, modelCount: 1 },
	]);
	expect((await listRoutes(ctx, { limit: 50 })).rows).toMatchObject([{ name: "house", isDefault: false }]);
});

test("collections and documents are brought once; what a stop left out is brought then", async () => {
	const collections = await seedShelves(db, actors);
	expect(await seedShelves(db, actors)).toEqual(collections);
	const names = [...collections.keys()];
	expect(names).toEqual(library.map(({ name }) => name));
	await bringDocuments(db, actors, collections);
	const brought = await db.orm.select({ id: documents.id, name: documents.name }).from(documents);
	expect(brought.length).toBe(library.flatMap((shelf) => Object.keys(shelf.documents)).length);
	await db.orm.delete(documents).where(eq(documents.name, "Sickness absence.md"));
	await bringDocuments(db, actors, collections);
	const after = await db.orm.select({ name: documents.name }).from(documents);
	expect(after.map(({ name }) => name).toSorted()).toEqual(brought.map(({ name }) => name).toSorted());
});

test("a group keeps documents through its own role and share, made once", async () => {
	const collections = await seedShelves(db, actors);
	for (const _ of ["first", "again"]) await seedAccess(db, actors, collections);
	const ctx = await testContext(db, actors.tobias);
	const lea = await getStanding(ctx, { userId: actors.lea.userId });
	const way = { how: "group", role: { name: "Document keeper" }, group: { name: "Terminal supervisors" } };
	expect(lea.rights.find(({ permission }) => permission === "knowledge:write")?.through).toMatchObject([way]);
	expect(
		(await listGroups(ctx, { limit: 10, sort: "name" })).rows.map(({ name, memberCount }) => [name, memberCount]),
	).toEqual([
		["Engineering", 2],
		["Terminal supervisors", 1],
	]);
	const resourceId = collections.get("Staff handbook") ?? "";
	const on = { kind: "collection" as const, resourceId };
	const why = await explainAccess(ctx, { who: { userId: actors.lea.userId }, what: "knowledge:write", on });
	expect(why).toMatchObject({ allowed: true });
});

test("the audit has a morning's sign-ins, refusals, a change and an export, once", async () => {
	const collections = await seedShelves(db, actors);
	await seedAudit(db, actors, collections);
	await seedAudit(db, actors, collections);
	const rows = await db.orm.select().from(auditEntries).where(sql`address like '203.0.113.%'`);
	const told = rows.map(({ action, outcome }) => `${action} ${outcome}`);
	for (const fact of ["session.open done", "session.open denied", "audit.list denied", "collection.update done"])
		expect(told, fact).toContain(fact);
	expect(told.filter((one) => one === "audit.export done")).toHaveLength(1);
	const change = rows.find(({ action }) => action === "collection.update");
	expect(change?.before).toMatchObject({ description: expect.any(String) });
	expect(change?.after).toMatchObject({ description: expect.stringContaining("What changed lately") });
});

test("an installation that has an owner keeps it", async () => {
	const own = await testDatabase();
	await testContext(own, { role: "owner", name: "Olga Owner" });
	const made = await seedPeople(own);
	expect(made.ingrid.role).toBe("admin");
	const owners = await own.orm.select({ name: users.name }).from(users).where(eq(users.role, "owner"));
	expect(owners).toEqual([{ name: "Olga Owner" }]);
	const [row] = await own.orm
		.select({ label: auditEntries.actorLabel, via: auditEntries.via })
		.from(auditEntries)
		.where(sql`${auditEntries.resourceId} = ${made.ingrid.userId}`);
	expect(row).toEqual({ label: "demo", via: "start" });
});
