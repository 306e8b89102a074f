import { randomUUID } from "node:crypto";
import { desc, eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import type { Role } from "@/server/core/permissions";
import { testDatabase, testUser } from "@/tests/support";
import { callTool, type ToolContext, type ToolName } from "./tool";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

const agentOf = (person: UserActor): ToolContext => ({
	db,
	agentId: randomUUID(),
	runId: randomUUID(),
	cause: { userId: person.userId, sessionId: null, keyId: null },
	requestId: randomUUID(),
	signal: new AbortController().signal,
});

test("an agent searches through the procedure, as the person it works for", async () => {
	const found = await callTool(agentOf(await testUser(db)), "knowledge.search", { query: "annual leave" });
	expect(found).toEqual({ passages: [], searchedCollections: 0 });
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
