import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { cacheOf } from "@/server/core/cache";
import { useDatabase } from "@/server/core/database";
import { testDatabase, testUser } from "@/tests/support";
import { cookieOf } from "@/tests/support/session";
import { metricsHandler } from "./metrics";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
});
const ask = (headers: Record<string, string> = {}) =>
	metricsHandler(new Request("http://localhost:3000/api/metrics", { headers: { host: "localhost:3000", ...headers } }));

test("who may look after the system reads the counts as Prometheus does", async () => {
	const cache = cacheOf<number>({ name: 'said "so"', seconds: 60, most: 3 });
	for (let n = 0; n < 3; n++) await cache({ rights: null, version: 1, asked: 1 }, async () => 1);
	const cookie = await cookieOf(db, await testUser(db, { role: "admin" }));
	const answer = await ask({ cookie });
	expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringContaining("version=0.0.4")]);
	const text = await answer.text();
	expect(text).toContain('quarterdeck_cache_hits_total{cache="said \\"so\\"",process="web"} 2\n');
	expect(text).toContain('quarterdeck_cache_misses_total{cache="said \\"so\\"",process="web"} 1\n');
	// Each family is told once, before its samples, and every sample is a number.
	for (const line of text.trimEnd().split("\n"))
		expect(line).toMatch(
			/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"(,[a-z]+="(\\.|[^"\\])*")*\})? [\d.e+-]+)$/,
		);
	const again = await (await ask({ cookie })).text();
	expect(again).toContain('quarterdeck_calls_total{procedure="system.metrics"} 1\n');
});

test("nobody else does", async () => {
	expect((await ask()).status).toBe(401);
	expect((await ask({ cookie: await cookieOf(db, await testUser(db)) })).status).toBe(403);
});
