import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { useDatabase } from "@/server/core/database";
import { testDatabase, testUser } from "@/tests/support";
import { type RestClient, restClient } from "@/tests/support/rest";

let db: Database;
let call: RestClient;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	call = await restClient(db, await testUser(db, { role: "builder" }));
});

const tagOf = (answer: { headers: Headers }) => answer.headers.get("etag") ?? "";

describe("a change that names what it is based on", () => {
	const things: [string, () => Promise<{ path: string; change: (n: number) => Promise<object>; save: string }>][] = [
		[
			"agent",
			async () => {
				const { body } = await call("POST /agents", { body: { name: `A ${randomUUID()}` } });
				const path = `/agents/${body.id}`;
				return { path, save: `PATCH ${path}`, change: async (n) => ({ description: `Change ${n}` }) };
			},
		],
		[
			"collection",
			async () => {
				const { body } = await call("POST /collections", { body: { name: `C ${randomUUID()}` } });
				const path = `/collections/${body.id}`;
				return { path, save: `PATCH ${path}`, change: async (n) => ({ description: `Change ${n}` }) };
			},
		],
		[
			"prompt",
			async () => {
				const { body } = await call("POST /prompts", { body: { name: `P ${randomUUID()}`, body: "Be brief." } });
				const path = `/prompts/${(body.prompt as { id: string }).id}`;
				return { path, save: `POST ${path}/versions`, change: async (n) => ({ body: `Be brief, ${n}.` }) };
			},
		],
	];
	test.each(things)("of two who read the same %s, one changes it and the other is told", async (_, make) => {
		const { path, save, change } = await make();
		const tag = tagOf(await call(`GET ${path}` as "GET /x"));
		const headers = { "if-match": tag };
		const both = await Promise.all(
			[1, 2].map(async (n) => call(save as "PATCH /x", { body: await change(n), headers })),
		);
		const codes = both.map(({ status }) => status).toSorted();
		expect(codes[1]).toBe(412);
		expect([200, 201]).toContain(codes[0]);
		expect(both.find(({ status }) => status === 412)?.body.code).toBe("CHANGED");
		const now = tagOf(await call(`GET ${path}` as "GET /x"));
		expect(now).not.toBe(tag);
		expect((await call(save as "PATCH /x", { body: await change(3), headers: { "if-match": now } })).status).toBe(
			codes[0],
		);
	});

	test("names a tag of ours, and only where there is a revision", async () => {
		const { body } = await call("POST /agents", { body: { name: `A ${randomUUID()}` } });
		const save = (match: string, more = {}) =>
			call(`PATCH /agents/${body.id}`, { body: { description: "x", ...more }, headers: { "if-match": match } });
		expect((await save('"what"')).status).toBe(412);
		expect((await save("*")).status).toBe(200);
		expect((await save('"2.x"', { basedOn: 9 })).status).toBe(400);
		const headers = { "if-match": '"1.x"' };
		expect((await call("POST /prompts", { body: { name: "P", body: "b" }, headers })).status).toBe(400);
	});
});

test("an upload that is repeated with its key is the same upload; other bytes are refused", async () => {
	const send = (text: string, key: string) =>
		call("POST /uploads", {
			body: new TextEncoder().encode(text),
			headers: { "content-type": "application/octet-stream", "idempotency-key": key },
		});
	const key = randomUUID();
	const [first, again] = [await send("# One", key), await send("# One", key)];
	expect(first.status).toBe(200);
	expect(again.body).toEqual(first.body);
	expect((await send("# Two", key)).status).toBe(422);
	expect((await send("# One", randomUUID())).body.uploadId).not.toBe(first.body.uploadId);
});

describe("a run", () => {
	async function startedRun() {
		const agent = await call("POST /agents", { body: { name: `A ${randomUUID()}` } });
		const question = { question: "How many days of leave?", agentId: agent.body.id };
		const { body, status, headers } = await call("POST /runs", { body: question });
		expect([status, headers.get("location")]).toEqual([202, `/api/v1/runs/${body.runId}`]);
		return String(body.runId);
	}

	test("that did not change is not read again, and one that did is", async () => {
		const runId = await startedRun();
		const tag = tagOf(await call(`GET /runs/${runId}`));
		const again = () => call(`GET /runs/${runId}`, { headers: { "if-none-match": tag } });
		expect([(await again()).status, (await again()).text]).toEqual([304, ""]);
		await call(`POST /runs/${runId}/stop`);
		expect(await again()).toMatchObject({ status: 200, body: { state: "cancelled" } });
	});

	test("of somebody else is not found, whatever tag is named", async () => {
		const runId = await startedRun();
		const tag = tagOf(await call(`GET /runs/${runId}`));
		const other = await restClient(db, await testUser(db));
		expect((await other(`GET /runs/${runId}`, { headers: { "if-none-match": tag } })).status).toBe(404);
	});

	test("is followed as server-sent events, from any event on, and then there is nothing more", async () => {
		const runId = await startedRun();
		await call(`POST /runs/${runId}/stop`);
		const all = await call(`GET /runs/${runId}/events`);
		expect([all.status, all.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
		const ids = [...all.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
		expect(ids).toEqual(ids.map((_, at) => at + 1));
		expect(all.text).toContain('"type":"run.ended"');
		const last = String(ids.at(-1));
		expect((await call(`GET /runs/${runId}/events`, { headers: { "last-event-id": last } })).status).toBe(204);
		expect((await call(`GET /runs/${runId}/events?lastEventId=${last}`)).status).toBe(204);
		expect((await call(`GET /runs/${runId}/events?lastEventId=x`)).status).toBe(400);
		expect((await call(`GET /runs/${randomUUID()}/events`)).status).toBe(404);
		const stranger = await restClient(db, null);
		expect((await stranger(`GET /runs/${runId}/events`)).body.code).toBe("UNAUTHENTICATED");
	});
});
