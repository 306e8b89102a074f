import { beforeAll, expect, test } from "vitest";
import { useDatabase } from "@/server/core/database";
import { openApiDocument } from "@/server/faces/rest/openapi/document";
import { readReference } from "@/server/faces/rest/openapi/reference";
import { restRoutes } from "@/server/faces/rest/routes";
import { procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import { testDatabase, testUser } from "@/tests/support";
import { type RestClient, restClient } from "@/tests/support/rest";

const deprecated = { since: "2026-11-25", sunset: "2027-06-01", instead: "/runs" };
let call: RestClient;
beforeAll(async () => {
	// Nothing of the product is deprecated yet: one of its faces is, for this file.
	const threads = restRoutes().find(({ name }) => name === "threads.list");
	Object.assign(threads?.face ?? {}, { deprecated });
	const db = await testDatabase();
	useDatabase(db);
	call = await restClient(db, await testUser(db));
});

const told = ({ headers }: { headers: Headers }) => ["deprecation", "sunset", "link"].map((name) => headers.get(name));
const words = ["@1795564800", "Tue, 01 Jun 2027 00:00:00 GMT", '</api/v1/runs>; rel="successor-version"'];

test("a procedure's options say that its REST face will end", () => {
	const { _def } = procedure("threads:read", { risk: "read", rest: "GET /old", summary: "Read it.", deprecated })
		.input(Nothing)
		.output(Done)
		.query(async () => ({ done: true as const }));
	expect(_def.meta).toMatchObject({ rest: { deprecated } });
});

test("every answer of such a face says so: what was read, what had not changed, what was refused", async () => {
	const read = await call("GET /threads");
	expect([read.status, ...told(read)]).toEqual([200, ...words]);
	const again = await call("GET /threads", { headers: { "if-none-match": read.headers.get("etag") ?? "" } });
	expect([again.status, ...told(again)]).toEqual([304, ...words]);
	const refused = await call("GET /threads?limit=0");
	expect([refused.status, ...told(refused)]).toEqual([400, ...words]);
	expect(told(await call("GET /runs"))).toEqual([null, null, null]);
});

test("the document and its reference say so too", () => {
	const { paths } = openApiDocument() as {
		paths: Record<string, Record<string, { deprecated?: boolean; description: string }>>;
	};
	expect(paths["/threads"]?.get).toMatchObject({
		deprecated: true,
		description: expect.stringContaining("2027-06-01"),
	});
	expect(paths["/runs"]?.get?.deprecated).toBeUndefined();
	const operations = readReference().features.flatMap((feature) => feature.operations);
	expect(operations.filter(({ isDeprecated }) => isDeprecated).map(({ id }) => id)).toEqual(["threads.list"]);
});
