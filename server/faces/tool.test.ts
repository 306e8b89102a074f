import { randomUUID } from "node:crypto";
import { desc, eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, users } from "@/db/schema";
import type { CreateAgent } from "@/server/agents/contract";
import { createAgent } from "@/server/agents/service";
import type { UserActor } from "@/server/core/actor";
import type { Role } from "@/server/core/permissions";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { callTool, type ToolContext, type ToolName } from "./tool";

let db: Database;
let agentId: string;
beforeAll(async () => {
	db = await testDatabase();
	agentId = await newAgent({ access: "everyone" });
});
const newAgent = async (more: Partial<CreateAgent>, by?: UserActor) => {
	const ctx = await testContext(db, by ?? { role: "builder" });
	const agent = { description: "", promptVersionId: null, collectionIds: null, access: "private" as const };
	return (await createAgent(ctx, { ...agent, name: randomUUID(), ...more })).id;
};

const agentOf = (person: UserActor): ToolContext => ({
	db,
	agentId,
	runId: randomUUID(),
	cause: { userId: person.userId, sessionId: null, keyId: null },
	requestId: randomUUID(),
	signal: new AbortController().signal,
});

test("an agent searches through the procedure, as the person it works for", async () => {
	const found = await callTool(agentOf(await testUser(db)), "knowledge.search", { query: "annual leave" });
	expect(found).toEqual({ passages: [], searchedCollections: 0, degraded: null });
});

test("rights are those of this moment: a role that was taken, an account that was disabled", async () => {
	const person = await testUser(db);
	const tool = agentOf(person);
	const change = (set: { role?: Role; disabledAt?: Date }) =>
		db.orm.update(users).set(set).where(eq(users.id, person.userId));
	await change({ role: "auditor" });
	await expect(callTool(tool, "knowledge.search", { query: "leave" })).rejects.toMatchObject({ code: "FORBIDDEN" });
	const [denied] = await db.orm
		.select()
		.from(auditEntries)
		.where(eq(auditEntries.userId, person.userId))
		.orderBy(desc(auditEntries.id));
	expect(denied).toMatchObject({ actorKind: "agent", via: "tool", outcome: "denied", runId: tool.runId });
	await change({ disabledAt: new Date() });
	await expect(callTool(tool, "knowledge.search", { query: "leave" })).rejects.toMatchObject({
		code: "UNAUTHENTICATED",
	});
});

test("what has no tool face can't be called, and what has one is held to its input", async () => {
	const tool = agentOf(await testUser(db, { role: "owner" }));
	const closed: ToolName[] = ["users.create", "runs.start", "threads.remove"];
	for (const name of closed)
		await expect(callTool(tool, name, {} as never)).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(callTool(tool, "knowledge.search", { query: "" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test("an agent that its person may no longer ask does nothing more for them", async () => {
	const person = await testUser(db);
	const tool = { ...agentOf(person), agentId: await newAgent({}) };
	await expect(callTool(tool, "knowledge.search", { query: "leave" })).rejects.toMatchObject({ code: "FORBIDDEN" });
	const gone = { ...tool, agentId: randomUUID() };
	await expect(callTool(gone, "knowledge.search", { query: "leave" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("an agent looks in its own collections only, whatever it asks for and whoever it works for", async () => {
	const person = await testUser(db, { role: "builder" });
	const ctx = await testContext(db, person);
	const [open, closed] = [await makeCollection(ctx), await makeCollection(ctx)];
	await addReady(ctx, open, "a.txt", "The harbour crane lifts forty tons.");
	const document = await addReady(ctx, closed, "b.txt", "The harbour crane was built in 1911.");
	const tool = { ...agentOf(person), agentId: await newAgent({ collectionIds: [open.id] }, person) };
	for (const collectionIds of [undefined, [open.id, closed.id]]) {
		const { passages } = await callTool(tool, "knowledge.search", { query: "harbour crane", collectionIds });
		expect(passages.map(({ collectionId }) => collectionId)).toEqual([open.id]);
	}
	const { rows } = await callTool(tool, "knowledge.listCollections", {});
	expect(rows.map(({ id }) => id)).toEqual([open.id]);
	await expect(callTool(tool, "knowledge.readDocument", { documentId: document.id })).rejects.toMatchObject({
		code: "NOT_FOUND",
	});
});
