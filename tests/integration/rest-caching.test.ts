import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, documents, users } from "@/db/schema";
import { share } from "@/server/access/service";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { type RestClient, restClient } from "@/tests/support/rest";

let db: Database;
let me: UserActor;
let ctx: ServiceContext;
let call: RestClient;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	me = await testUser(db, { role: "builder" });
	ctx = await testContext(db, me);
	call = await restClient(db, me);
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

describe("what did not change is not read again, and whatever does change it is seen", () => {
	type Made = { path: `/${string}`; changes: (() => Promise<unknown>)[] };
	const idOf = async (line: `POST /${string}`, body: object) => {
		const answer = (await call(line, { body })).body as { id?: string; prompt?: { id: string } };
		return answer.id ?? answer.prompt?.id ?? "";
	};
	const rename = () =>
		db.orm
			.update(users)
			.set({ name: `Renamed ${++renamed}` })
			.where(eq(users.id, me.userId));
	const shareWithAll = (kind: "agent" | "prompt" | "collection", resourceId: string) => () =>
		share(ctx, { kind, resourceId, grantee: "everyone", level: "read" });
	let renamed = 0;
	const things: Record<string, () => Promise<Made>> = {
		agent: async () => {
			const id = await idOf("POST /agents", { name: `A ${randomUUID()}` });
			const archive = () => call(`PATCH /agents/${id}`, { body: { description: "Other" } });
			return { path: `/agents/${id}`, changes: [archive, shareWithAll("agent", id), rename] };
		},
		prompt: async () => {
			const id = await idOf("POST /prompts", { name: `P ${randomUUID()}`, body: "Be brief." });
			const save = () => call(`POST /prompts/${id}/versions`, { body: { basedOn: 1, body: "Be briefer." } });
			return { path: `/prompts/${id}`, changes: [save, shareWithAll("prompt", id), rename] };
		},
		collection: async () => {
			const { id } = await makeCollection(ctx);
			const add = () => bringDocument(ctx, { id }, "a.txt", "Four berths.");
			const fail = () => db.orm.update(documents).set({ state: "failed" }).where(eq(documents.collectionId, id));
			return { path: `/collections/${id}`, changes: [add, fail, shareWithAll("collection", id), rename] };
		},
		document: async () => {
			const { id } = await bringDocument(ctx, await makeCollection(ctx), "b.txt", "Five berths.");
			const move = () => db.orm.update(documents).set({ done: 1, total: 2 }).where(eq(documents.id, id));
			return { path: `/documents/${id}`, changes: [move, rename] };
		},
		thread: async () => {
			const agentId = await idOf("POST /agents", { name: `A ${randomUUID()}` });
			const asked = await call("POST /runs", { body: { question: "How many berths?", agentId } });
			const { threadId, runId } = asked.body as { threadId: string; runId: string };
			const retitle = () => call(`PATCH /threads/${threadId}`, { body: { title: "Berths" } });
			return { path: `/threads/${threadId}`, changes: [() => call(`POST /runs/${runId}/stop`), retitle] };
		},
	};
	test.each(Object.entries(things))("%s", async (_, make) => {
		const { path, changes } = await make();
		const read = (tag = "") => call(`GET ${path}`, tag ? { headers: { "if-none-match": tag } } : {});
		for (const change of changes) {
			const before = await read();
			const same = await read(tagOf(before));
			expect([before.status, same.status, same.text]).toEqual([200, 304, ""]);
			await change();
			const after = await read(tagOf(before));
			expect(after.status, String(change)).toBe(200);
			expect(after.text).not.toBe(before.text);
		}
		const stranger = await restClient(db, await testUser(db, { role: "builder" }));
		const isShared = path.startsWith("/agents") || path.startsWith("/prompts") || path.startsWith("/collections");
		const theirs = await stranger(`GET ${path}`, { headers: { "if-none-match": tagOf(await read()) } });
		// What somebody else has been answered is no answer for them, shared or not.
		expect(theirs.status).toBe(isShared ? 200 : 404);
	});

	test("a prompt that was not given out was not read: the audit has no entry of it", async () => {
		const path = `/prompts/${await idOf("POST /prompts", { name: `P ${randomUUID()}`, body: "Be brief." })}` as const;
		const reads = () =>
			db.orm.$count(
				auditEntries,
				and(eq(auditEntries.action, "prompt.read"), eq(auditEntries.resourceId, path.slice(9))),
			);
		const tag = tagOf(await call(`GET ${path}`));
		expect(await reads()).toBe(1);
		expect((await call(`GET ${path}`, { headers: { "if-none-match": tag } })).status).toBe(304);
		expect(await reads()).toBe(1);
	});
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
