import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share } from "@/server/access/service";
import { searchKnowledge } from "@/server/knowledge/service";
import { testContext, testDatabase, until } from "@/tests/support";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { type RedisServer, startRedis } from "@/tests/support/redis";
import type { UserActor } from "./actor";
import { cacheCounts } from "./cache";
import type { ServiceContext } from "./context";
import { openRedis, setRedis } from "./redis";

// The cache of a search, over a real Redis that several processes share.

let db: Database;
let server: RedisServer;
let connection: Redis;
let owner: ServiceContext;
let collection: { id: string };
beforeAll(async () => {
	db = await testDatabase();
	server = await startRedis();
});
afterAll(async () => {
	connection.disconnect();
	setRedis(null);
	await server.kill();
});
beforeEach(async () => {
	await freshProcess();
	owner = await testContext(db);
	collection = await makeCollection(owner);
	await addReady(owner, collection, "a.txt", "Lifebuoys hang on every second bollard.");
});

/** A process that remembers nothing by itself, with a connection of its own. */
async function freshProcess(): Promise<void> {
	connection?.disconnect();
	connection = openRedis(server.url);
	setRedis(connection);
	forgetAll();
	await until(() => connection.status === "ready");
}
function forgetAll(): void {
	for (const heap of caches().values()) Object.assign(heap, { hits: 0, misses: 0 }).entries.clear();
}
type Heap = { entries: Map<string, unknown>; hits: number; misses: number };
const caches = () => (globalThis as unknown as { quarterdeckCaches: Map<string, Heap> }).quarterdeckCaches;

const search = async (ctx: ServiceContext) =>
	(await searchKnowledge(ctx, { query: "lifebuoys bollard", limit: 10 })).passages.map(({ text }) => text).toSorted();
const found = () => {
	const { hits, misses } = cacheCounts()["keyword hits"] ?? { hits: 0, misses: 0 };
	return { hits, misses };
};
/** Writing into the shared store is nobody's to wait for. */
const written = () => until(async () => (await connection.keys("quarterdeck:cache:keyword hits:*")).length > 0);
const idOf = ({ actor }: ServiceContext) => (actor as UserActor).userId;

test("another process finds what the first found out, and nothing in the store tells what was asked", async () => {
	await connection.flushall();
	const first = await search(owner);
	expect([first, found()]).toEqual([["Lifebuoys hang on every second bollard."], { hits: 0, misses: 1 }]);
	await written();
	const keys = await connection.keys("*");
	expect(JSON.stringify([keys, await connection.mget(keys)])).not.toMatch(/lifebuoys|hang on/i);
	expect(await connection.ttl(keys[0] ?? "")).toBeGreaterThan(0);
	await freshProcess();
	expect([await search(owner), found()]).toEqual([first, { hits: 1, misses: 0 }]);
});

test("what was added or deleted is found, or not, at once in every process", async () => {
	const before = await search(owner);
	await written();
	await freshProcess();
	await addReady(owner, collection, "b.txt", "The bollard by the slip has two lifebuoys.");
	expect((await search(owner)).length).toBe(before.length + 1);
});

test("who may read something else, or less than a moment ago, is given nothing that was found for another", async () => {
	const other = await testContext(db);
	const own = await makeCollection(other);
	await addReady(other, own, "c.txt", "A bollard of mine, with lifebuoys.");
	const ofOwner = await search(owner);
	await written();
	await freshProcess();
	expect(await search(other)).toEqual(["A bollard of mine, with lifebuoys."]);
	const grant = { kind: "collection" as const, resourceId: own.id, grantee: idOf(owner), level: "read" as const };
	await share(other, grant);
	expect(await search(owner)).toEqual(["A bollard of mine, with lifebuoys.", ...ofOwner]);
});

test("a Redis that is away costs nobody an answer, and is used again when it is back", async () => {
	const before = await search(owner);
	await server.kill();
	forgetAll();
	expect([await search(owner), found()]).toEqual([before, { hits: 0, misses: 1 }]);
	server = await startRedis(server.port);
	await until(() => connection.status === "ready");
	forgetAll();
	await search(owner);
	await written();
	await freshProcess();
	expect([await search(owner), found()]).toEqual([before, { hits: 1, misses: 0 }]);
});
