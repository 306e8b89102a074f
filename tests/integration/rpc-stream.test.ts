import { randomUUID } from "node:crypto";
import { TRPCClientError } from "@trpc/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { insertAgent } from "@/server/agents/service";
import { useDatabase } from "@/server/core/database";
import { setAccess } from "@/server/core/grants";
import type { RunEvent } from "@/server/runs/contract";
import { testDatabase, testUser } from "@/tests/support";
import { type Client, clientWith } from "@/tests/support/client";
import { type Door, openDoor } from "@/tests/support/door";
import { cookieOf } from "@/tests/support/session";

// Subscriptions as tRPC's own client reads them, at our own door.

let db: Database;
let door: Door;
let client: Client;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	await setAccess(db.orm, "agent", await insertAgent(db.orm, { name: "Assistant", isDefault: true }), "everyone");
	door = await openDoor();
	client = clientWith(door.url, await cookieOf(db, await testUser(db)));
});
afterAll(() => door.close());

type Followed = { ids: string[]; events: RunEvent[]; failure: unknown };

/** Until the stream is over, or fails. */
function follow({ api }: Client, input: { runId: string; lastEventId?: string }): Promise<Followed> {
	return new Promise((resolve) => {
		const followed: Followed = { ids: [], events: [], failure: null };
		const subscription = api.runs.events.subscribe(input, {
			onData: ({ id, data }) => {
				followed.ids.push(id);
				followed.events.push(data);
			},
			onError: (failure) => {
				followed.failure = failure;
				subscription.unsubscribe();
				resolve(followed);
			},
			onComplete: () => resolve(followed),
		});
	});
}

async function endedRun(): Promise<string> {
	const { runId } = await client.api.runs.start.mutate({ question: "What is the rule on leave?" });
	await client.api.runs.stop.mutate({ runId });
	return runId;
}

describe("a subscription", () => {
	test("tells every event once and in order, as what it was, and then is over", async () => {
		const { ids, events, failure } = await follow(client, { runId: await endedRun() });
		expect(failure).toBeNull();
		expect(ids).toEqual(ids.map((_, n) => String(n + 1)));
		expect(events.at(-1)?.body.type).toBe("run.ended");
		expect(events.every(({ at }) => at instanceof Date)).toBe(true);
	});

	test("goes on after the event that its reader has, whether the input or EventSource names it", async () => {
		const runId = await endedRun();
		const all = (await follow(client, { runId })).ids;
		expect((await follow(client, { runId, lastEventId: "1" })).ids).toEqual(all.slice(1));
		const input = encodeURIComponent(JSON.stringify({ json: { runId } }));
		const headers = { ...client.headers, "last-event-id": "1" };
		const text = await (await fetch(`${door.url}/api/trpc/runs.events?input=${input}`, { headers })).text();
		expect([...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id)).toEqual(all.slice(1));
		expect(text).toMatch(/^event: connected\ndata: {"reconnectAfterInactivityMs":12000}\n\n/);
		expect(text).toMatch(/event: return\ndata: \n\n$/);
	});

	test.each([
		["of a run that is not there", () => client, { runId: randomUUID() }, "NOT_FOUND"],
		["of somebody without an account", () => clientWith(door.url, ""), { runId: randomUUID() }, "UNAUTHENTICATED"],
		["with an input that does not fit", () => client, { runId: "x" }, "INVALID_INPUT"],
	] as const)("%s says why, with the number of the request", async (_, who, input, problem) => {
		const { failure } = await follow(who(), input);
		expect(failure).toBeInstanceOf(TRPCClientError);
		expect((failure as TRPCClientError<never>).data).toMatchObject({ problem, requestId: expect.any(String) });
	});

	test("with an input that is no JSON is refused like any other", async () => {
		const answer = await fetch(`${door.url}/api/trpc/runs.events?input=%7B`, { headers: client.headers });
		expect(await answer.text()).toContain("The input is not valid JSON.");
	});
});
