import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { collections } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { createCollection } from "@/server/knowledge/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { type RestClient, restClient } from "@/tests/support/rest";

let db: Database;
let staff: UserActor;
let call: RestClient;
const names = ["c", "a", "d", "b", "e"];
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	staff = await testUser(db);
	const ctx = await testContext(db, staff);
	for (const name of names) await createCollection(ctx, { name, description: "", access: "private" });
	call = await restClient(db, staff);
});

type Row = { id: string; name: string; createdAt: string };
const rowsOf = (body: Record<string, unknown>) => body.rows as Row[];

async function walk(query: string): Promise<string[]> {
	const seen: string[] = [];
	let cursor = "";
	do {
		const { body } = await call(`GET /collections?limit=2&${query}${cursor}`);
		seen.push(...rowsOf(body).map(({ name }) => name));
		cursor = body.next ? `&cursor=${encodeURIComponent(String(body.next))}` : "";
	} while (cursor);
	return seen;
}

describe("one grammar for lists", () => {
	test("walks every order page by page, each row once", async () => {
		expect(await walk("")).toEqual(names.toReversed());
		expect(await walk("sort=createdAt")).toEqual(names);
		expect(await walk("sort=name")).toEqual(names.toSorted());
		expect(await walk("sort=-name")).toEqual(names.toSorted().reverse());
	});

	test("walks rows of the same moment, too", async () => {
		await db.orm.update(collections).set({ createdAt: new Date() }).where(eq(collections.ownerId, staff.userId));
		expect((await walk("")).toSorted()).toEqual(names.toSorted());
		expect(await walk("sort=createdAt")).toEqual((await walk("")).toReversed());
	});

	test("filters by operators, alone and together", async () => {
		expect(await walk("sort=name&filter[name][in]=a&filter[name][in]=b")).toEqual(["a", "b"]);
		expect(await walk("filter[name][eq]=c")).toEqual(["c"]);
		expect(await walk("filter[createdAt][gt]=2199-01-01T00:00:00Z")).toEqual([]);
		expect(
			(await walk("filter[createdAt][lt]=2199-01-01T00:00:00Z&filter[createdAt][gte]=2001-01-01T00:00:00Z")).length,
		).toBe(5);
	});

	test("answers with the asked fields, and the id by which a row is told", async () => {
		const { body } = await call("GET /collections?fields=name,access&limit=1");
		expect(Object.keys(rowsOf(body)[0] ?? {}).toSorted()).toEqual(["access", "id", "name"]);
	});

	test("is the same through RPC", async () => {
		const api = createCaller(contextForActor(staff, { db, requestId: randomUUID(), via: "rpc" }));
		const asked = { filter: { name: { in: ["a", "b"] } }, sort: "name" as const, fields: ["name"] };
		const { body } = await call("GET /collections?sort=name&filter[name][in]=a&filter[name][in]=b&fields=name");
		expect(body.rows).toEqual((await api.knowledge.listCollections(asked)).rows);
	});

	const wrong: [query: string, field: string][] = [
		["filter[colour][eq]=red", "/filter/colour"],
		["filter[name][like]=%25", "/filter/name/like"],
		["filter[name][gt]=a", "/filter/name/gt"],
		["filter[createdAt][gt]=yesterday", "/filter/createdAt/gt"],
		["filter[createdAt][gt]=2026-01-01", "/filter/createdAt/gt"],
		["filter[name]=a", "/filter/name"],
		["filter=a", "/filter"],
		["filter[ownerId][eq]=1", "/filter/ownerId"],
		["filter[passwordHash][eq]=1", "/filter/passwordHash"],
		["filter[name;drop table users][eq]=1", "/filter[name;drop table users][eq]"],
		["filter[__proto__][eq]=1", "/filter[__proto__][eq]"],
		["filter[constructor][eq]=1", "/filter/constructor"],
		["filter[name][constructor]=1", "/filter/name/constructor"],
		["filter[name][$ne]=1", "/filter[name][$ne]"],
		["sort=ownerId", "/sort"],
		["sort=name desc", "/sort"],
		["sort=name,id", "/sort"],
		["fields=passwordHash", "/fields/0"],
		["fields=name;id", "/fields/0"],
		["limit=0", "/limit"],
		["limit=1e3", "/limit"],
		["cursor=made.up", "/cursor"],
		["cursor=", "/cursor"],
	];
	test.each(wrong)("%s is refused, and names %s", async (query, field) => {
		const answer = await call(`GET /collections?${query}`);
		expect([answer.status, answer.body.errors]).toMatchObject([400, [{ field }]]);
	});

	test("a cursor holds for its own list, order and filter only", async () => {
		const { body } = await call("GET /collections?limit=1&sort=name");
		const cursor = encodeURIComponent(String(body.next));
		expect((await call(`GET /collections?sort=name&cursor=${cursor}`)).status).toBe(200);
		for (const other of ["sort=-name", "sort=name&filter[name][eq]=a", ""]) {
			const answer = await call(`GET /collections?${other}&cursor=${cursor}`);
			expect([answer.status, answer.body.errors]).toMatchObject([400, [{ field: "/cursor" }]]);
		}
		expect((await call(`GET /agents?sort=name&cursor=${cursor}`)).status).toBe(400);
		const [head, mac] = String(body.next).split(".");
		expect((await call(`GET /collections?sort=name&cursor=${head}x.${mac}`)).status).toBe(400);
	});
});
