import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { jobEvents } from "@/db/schema";
import { testDatabase, until } from "@/tests/support";
import { emptyJobs, endedRun, runsOf, testClient, testEngine } from "@/tests/support/jobs";
import { engineFetch, seededId } from "./fetch";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(() => emptyJobs(db));

describe("sending", () => {
	test("the same id twice starts one run", async () => {
		const inngest = testClient(db);
		const hear = inngest.createFunction({ id: "hear", triggers: [{ event: "said" }] }, ({ event }) => event.data);
		await testEngine(db, inngest, [hear]);
		await inngest.send({ id: "the-same", name: "said", data: { n: 1 } });
		await endedRun(db, "hear");
		await inngest.send({ id: "the-same", name: "said", data: { n: 2 } });
		await inngest.send({ name: "said", data: { n: 3 } });
		await until(async () => (await runsOf(db, "hear")).filter((run) => run.endedAt).length === 2);
		expect((await runsOf(db, "hear")).map(({ output }) => output)).toEqual([{ n: 1 }, { n: 3 }]);
	});

	test("a request that the SDK repeats does not double its events", async () => {
		const send = engineFetch(() => db);
		const again = () =>
			send("http://any/e/key", {
				method: "POST",
				headers: { "x-inngest-event-id-seed": "1763800000000,AAECAwQFBgcICQ==" },
				body: JSON.stringify([{ name: "one" }, { name: "two" }]),
			}).then((response) => response.json());
		expect(await again()).toEqual(await again());
		expect(await db.orm.select().from(jobEvents)).toHaveLength(2);
		expect(seededId("1763800000000,AAAA", 0)).not.toBe(seededId("1763800000000,AAAA", 1));
		expect(seededId("1763800000000,AAAA", 0)).toHaveLength(26);
	});

	test("from a step that runs again sends the same event, and another where the content differs", async () => {
		const inngest = testClient(db);
		const tell = inngest.createFunction({ id: "tell", triggers: [{ event: "tell/asked" }] }, ({ step, attempt }) =>
			step.run("tell", async () => {
				await inngest.send([
					{ name: "told", data: { n: 1 } },
					{ name: "told", data: { n: 1 } },
					{ name: "told", data: { attempt } },
				]);
				if (attempt === 0) throw new Error("after it was sent");
			}),
		);
		await testEngine(db, inngest, [tell]);
		await inngest.send({ name: "tell/asked" });
		await endedRun(db, "tell");
		const told = await db.orm.select({ data: jobEvents.data }).from(jobEvents).where(eq(jobEvents.name, "told"));
		expect(told.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 1 }, { attempt: 0 }, { attempt: 1 }]);
	});

	test("what the engine can't do is answered so", async () => {
		const send = engineFetch(() => db);
		const response = await send("http://any/v1/signals", { method: "POST", body: "{}" });
		expect(response.status).toBe(501);
		expect(await response.json()).toMatchObject({ error: "The embedded engine does not do POST /v1/signals" });
		expect((await send("http://any/e/key", { method: "POST", body: '{"data":{}}' })).status).toBe(400);
	});
});

describe("delivery", () => {
	test("follows the order of sending, and keeps what the sender gave", async () => {
		const inngest = testClient(db);
		const heard: unknown[] = [];
		const hear = inngest.createFunction({ id: "hear", concurrency: 1, triggers: [{ event: "said" }] }, ({ event }) => {
			heard.push([event.data.n, event.v, event.ts]);
		});
		await inngest.send([1, 2, 3].map((n) => ({ name: "said", data: { n }, v: "2026-1", ts: 1_000 + n })));
		await testEngine(db, inngest, [hear]);
		await until(() => heard.length === 3);
		expect(heard).toEqual([1, 2, 3].map((n) => [n, "2026-1", 1_000 + n]));
	});

	test("is by notice: nobody has to look", async () => {
		const inngest = testClient(db);
		const hear = inngest.createFunction({ id: "hear", triggers: [{ event: "said" }] }, () => "heard");
		await testEngine(db, inngest, [hear], { poll: 60_000 });
		await inngest.send({ name: "said" });
		expect(await endedRun(db, "hear", 5_000)).toMatchObject({ output: "heard" });
	});

	test("of one event that fails does not hold up the others", async () => {
		const inngest = testClient(db);
		const bad = inngest.createFunction({ id: "bad", triggers: [{ event: "bad" }] }, () => "bad");
		const good = inngest.createFunction({ id: "good", triggers: [{ event: "good" }] }, () => "good");
		await db.orm.execute(sql`alter table job_runs add constraint no_bad_ones check (function_id <> 'test-bad')`);
		await testEngine(db, inngest, [bad, good]);
		await inngest.send([{ name: "bad" }, { name: "good" }]);
		expect(await endedRun(db, "good")).toMatchObject({ output: "good" });
		const [left] = await db.orm.select().from(jobEvents).where(eq(jobEvents.name, "bad"));
		expect(left?.deliveredAt).toBeNull();
		await db.orm.execute(sql`alter table job_runs drop constraint no_bad_ones`);
	});
});

describe("with a signing key", () => {
	const signingKey = "signkey-prod-0123456789abcdef0123456789abcdef";

	test("calls are signed, and steps run", async () => {
		const inngest = testClient(db, { signingKey });
		const hear = inngest.createFunction({ id: "hear", triggers: [{ event: "said" }] }, ({ step }) =>
			step.run("hear", () => "heard"),
		);
		await testEngine(db, inngest, [hear], { signingKey });
		await inngest.send({ name: "said" });
		expect(await endedRun(db, "hear")).toMatchObject({ output: "heard" });
	});

	test("calls without the signature are refused", async () => {
		const inngest = testClient(db, { signingKey });
		const hear = inngest.createFunction({ id: "hear", triggers: [{ event: "said" }] }, () => "heard");
		await expect(testEngine(db, inngest, [hear])).rejects.toThrow("Unauthorized");
		await expect(testEngine(db, inngest, [hear], { signingKey: "signkey-prod-ffff" })).rejects.toThrow("Unauthorized");
	});
});
