import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { writeCallers } from "@/server/core/callers";
import { useDatabase } from "@/server/core/database";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testDatabase, testUser } from "@/tests/support";

let db: Database;
let builder: UserActor;
let owner: UserActor;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	builder = await testUser(db, { role: "builder", name: "Bea" });
	owner = await testUser(db, { role: "owner" });
});
const as = (actor: UserActor) => createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "console" }));

test("a procedure is told with its terms, its schemas and an input that it takes", async () => {
	const detail = await as(builder).procedures.get({ procedure: "knowledge.createCollection" });
	expect(detail).toMatchObject({ risk: "write", perMinute: 1_200, isUpload: false, deprecated: null });
	expect((await as(builder).knowledge.createCollection(detail.example as { name: string })).id).toBeTruthy();
	await expect(as(builder).procedures.get({ procedure: "no.such" })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("the list is found by part of a name, by right, risk and face", async () => {
	const found = async (filter: object) =>
		(await as(builder).procedures.list({ limit: 200, filter })).rows.map(({ path }) => path);
	expect(await found({ path: { contains: "LISTCOLL" } })).toEqual(["knowledge.listCollections"]);
	expect(await found({ permission: { eq: "audit:export" }, risk: { eq: "read" } })).toContain("audit.listExports");
	expect(await found({ faces: { eq: "mcp" }, risk: { eq: "danger" }, path: { contains: "audit" } })).toEqual([]);
});

describe("who called last", () => {
	test("is told to who reads the audit, with how and what came of it", async () => {
		await as(builder).prompts.list({});
		await as(builder).prompts.list({});
		await as(builder)
			.prompts.get({ promptId: randomUUID() })
			.catch(() => null);
		await writeCallers();
		await as(builder).prompts.list({});
		await writeCallers();
		const { rows } = await as(owner).procedures.callers({ procedure: "prompts.list" });
		expect(rows).toMatchObject([{ userName: "Bea", kind: "user", via: "console", calls: 3, lastCode: "OK" }]);
		const failed = await as(owner).procedures.callers({ procedure: "prompts.get" });
		expect(failed.rows).toMatchObject([{ userName: "Bea", calls: 1, lastCode: "NOT_FOUND" }]);
		await expect(as(builder).procedures.callers({ procedure: "prompts.list" })).rejects.toMatchObject({
			code: "FORBIDDEN",
		});
	});
});

describe("trying a tool", () => {
	const tried = async (actor: UserActor, procedure: string, input: Record<string, unknown>, agentId?: string) => {
		const id = agentId ?? (await as(builder).agents.create({ name: `A ${randomUUID()}`, access: "everyone" })).id;
		return as(actor).procedures.tryTool({ procedure, agentId: id, input });
	};

	test("is what the agent would get on the caller's behalf, and stands in the audit as such", async () => {
		const { code, answer } = await tried(builder, "knowledge.listCollections", {});
		expect([code, answer]).toMatchObject(["OK", { rows: [{ name: expect.any(String) }] }]);
		const refused = await tried(builder, "audit.list", {});
		expect(refused).toMatchObject({ code: "FORBIDDEN", answer: null });
		const entries = await db.orm.select().from(auditEntries);
		expect(entries.filter(({ via, outcome }) => via === "tool" && outcome === "denied")).toMatchObject([
			{ actorKind: "agent", userId: builder.userId },
		]);
	});

	test("tells of a bad input, and is not possible with what is no tool, changes something, or with an agent that one may not ask", async () => {
		expect(await tried(builder, "knowledge.search", { nonsense: 1 })).toMatchObject({ code: "INVALID_INPUT" });
		await expect(tried(owner, "keys.create", {})).rejects.toMatchObject({ code: "NOT_FOUND" });
		await expect(tried(owner, "knowledge.search", {}, randomUUID())).rejects.toMatchObject({ code: "NOT_FOUND" });
		const changing = { risk: { in: ["write" as const, "danger" as const] }, faces: { eq: "tool" as const } };
		const [one] = (await as(owner).procedures.list({ filter: changing })).rows;
		await expect(tried(owner, one?.path ?? "", {})).rejects.toMatchObject({ code: "CONFLICT" });
	});
});
