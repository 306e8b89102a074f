import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, jobQueue } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { testContext, testDatabase, until } from "@/tests/support";
import { emptyJobs, endedRun, passTime, runsOf, testClient, testEngine } from "@/tests/support/jobs";
import { cancelJob, getJob, listJobs, readJobsOverview, retryJob } from "./service";

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	ctx = await testContext(db, { role: "operator", name: "Olga" });
});
beforeEach(() => emptyJobs(db));

const reasons = async () => (await listJobs(ctx, { limit: 50 })).rows.map(({ waitingFor }) => waitingFor).reverse();

describe("what a job waits for", () => {
	test("is its place in the queue, or the key that another holds", async () => {
		const client = testClient(db);
		const { promise: letGo, resolve } = Promise.withResolvers<void>();
		const keyed = client.createFunction(
			{ id: "keyed", concurrency: { limit: 1, key: "event.data.who" }, triggers: [{ event: "keyed/asked" }] },
			() => letGo,
		);
		await testEngine(db, client, [keyed], { slots: 2 });
		await client.send(["ann", "ann", "bob", "cid", "dan"].map((who) => ({ name: "keyed/asked", data: { who } })));
		await until(async () => {
			const jobs = await db.orm.select().from(jobQueue);
			return jobs.length === 5 && jobs.filter((job) => job.claimToken).length === 2;
		});
		const [first] = await runsOf(db, "keyed");
		expect(await reasons()).toEqual([
			null,
			`Waits for room under "test-keyed ann", held by ${first?.id}`,
			null,
			"Place 1 in the queue",
			"Place 2 in the queue",
		]);
		expect(await readJobsOverview(ctx)).toMatchObject({ ready: 2, running: 2, blocked: 1, engine: "embedded" });
		resolve();
		await until(async () => (await runsOf(db, "keyed")).every((run) => run.endedAt));
	});

	test("is a time, an event, another job or its next attempt", async () => {
		const client = testClient(db);
		const on = (event: string) => [{ event }];
		const sleep = client.createFunction({ id: "sleep", triggers: on("a") }, ({ step }) => step.sleep("nap", "1h"));
		const wait = client.createFunction({ id: "wait", triggers: on("b") }, ({ step }) =>
			step.waitForEvent("answer", { event: "answered", timeout: "1h" }),
		);
		const ask = client.createFunction({ id: "ask", triggers: on("c") }, ({ step }) =>
			step.invoke("sleep", { function: sleep, data: {} }),
		);
		const fail = client.createFunction({ id: "fail", triggers: on("d") }, ({ step }) =>
			step.run("fetch it", () => {
				throw new Error("not there");
			}),
		);
		await testEngine(db, client, [sleep, wait, ask, fail], { backoff: () => 3_600_000 });
		for (const name of ["a", "b", "c", "d"]) await client.send({ name });
		const told = await until(async () => {
			const all = (await listJobs(ctx, { limit: 50 })).rows;
			const isSettled = all.length === 5 && all.every(({ waitingFor }) => waitingFor && !/queue/.test(waitingFor));
			return isSettled ? all : null;
		});
		const of = (id: string) => told.find((job) => job.functionId === `test-${id}`);
		const time = "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z";
		expect(of("sleep")?.waitingFor).toMatch(new RegExp(`^Sleeps until ${time}$`));
		expect(of("wait")?.waitingFor).toMatch(new RegExp(`^Waits for the event answered, until ${time}$`));
		expect(of("ask")?.waitingFor).toBe(`Waits for the job ${of("sleep")?.id} of test-sleep`);
		expect(of("fail")?.waitingFor).toMatch(new RegExp(`^It is tried again at ${time}, attempt 2$`));
		expect(await getJob(ctx, { jobRunId: of("fail")?.id ?? "" })).toMatchObject({
			run: { state: "running", attempts: 1, error: null },
			steps: [
				{ name: "fetch it", state: "retrying", attempts: [{ attempt: 0, state: "errored", error: "not there" }] },
			],
		});
	});

	test("is nothing once it has ended, and a lack of code where its function is gone", async () => {
		const client = testClient(db);
		const nap = client.createFunction({ id: "nap", triggers: [{ event: "nap/asked" }] }, ({ step }) =>
			step.sleep("nap", "1h"),
		);
		const engine = await testEngine(db, client, [nap]);
		await client.send({ name: "nap/asked" });
		await until(async () => (await db.orm.select().from(jobQueue)).some((job) => job.kind === "wake"));
		await engine.stop();
		await testEngine(db, client, []);
		expect((await reasons())[0]).toContain("Its function is not in the code; Sleeps until");
		expect(await readJobsOverview(ctx)).toMatchObject({ parked: 1, workers: [{ pid: process.pid, isAlive: true }] });
		const [run] = await runsOf(db, "nap");
		await cancelJob(ctx, { jobRunId: run?.id ?? "" });
		expect(await reasons()).toEqual([null]);
	});
});

describe("an operator", () => {
	test("ends a job, and the audit says who did", async () => {
		const client = testClient(db);
		const outer = client.createFunction({ id: "outer", triggers: [{ event: "outer/asked" }] }, ({ step }) =>
			step.invoke("inner", { function: inner, data: {} }).catch((error: Error) => error.message),
		);
		const inner = client.createFunction({ id: "inner", triggers: [] }, ({ step }) => step.sleep("long", "1d"));
		await testEngine(db, client, [outer, inner]);
		await client.send({ name: "outer/asked" });
		const run = await until(async () => {
			const [found] = await runsOf(db, "inner");
			return found?.state === "running" ? found : null;
		});
		const ended = await cancelJob(ctx, { jobRunId: run.id });
		expect(ended.run).toMatchObject({ state: "cancelled", error: "Cancelled: Cancelled by Olga", waitingFor: null });
		// Who waited for it is told.
		expect(await endedRun(db, "outer")).toMatchObject({ state: "completed", output: "Cancelled by Olga" });
		await expect(cancelJob(ctx, { jobRunId: run.id })).rejects.toMatchObject({ code: "CONFLICT" });
		const entries = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, run.id));
		expect(entries).toMatchObject([{ action: "job.cancel", actorLabel: "Olga", detail: { functionId: "test-inner" } }]);
	});

	test("runs a job again from the beginning, with the same event", async () => {
		const client = testClient(db);
		let isMended = false;
		const order = client.createFunction(
			{ id: "order", retries: 0, idempotency: "event.data.n", triggers: [{ event: "order/made" }] },
			({ event }) => {
				if (!isMended) throw new Error("the shop is closed");
				return event.data.n;
			},
		);
		await testEngine(db, client, [order]);
		await client.send({ name: "order/made", data: { n: 7 } });
		const failed = await endedRun(db, "order");
		expect((await getJob(ctx, { jobRunId: failed.id })).run).toMatchObject({
			state: "failed",
			error: "the shop is closed",
		});
		isMended = true;
		const again = await retryJob(ctx, { jobRunId: failed.id });
		expect(again.run.id).not.toBe(failed.id);
		await until(async () => (await runsOf(db, "order"))[1]?.endedAt);
		expect(await runsOf(db, "order")).toMatchObject([{ state: "failed" }, { state: "completed", output: 7 }]);
		const entries = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, failed.id));
		expect(entries).toMatchObject([{ action: "job.retry", detail: { newJobRunId: again.run.id } }]);
	});

	test("can't run again what has not ended, nor what has no function", async () => {
		const client = testClient(db);
		const nap = client.createFunction({ id: "nap", triggers: [{ event: "nap/asked" }] }, ({ step }) =>
			step.sleep("nap", "1h"),
		);
		const engine = await testEngine(db, client, [nap]);
		await client.send({ name: "nap/asked" });
		const [run] = await until(async () => {
			const runs = await runsOf(db, "nap");
			return runs[0]?.state === "running" ? runs : null;
		});
		const jobRunId = run?.id ?? "";
		await expect(retryJob(ctx, { jobRunId })).rejects.toMatchObject({ code: "CONFLICT" });
		await until(async () => (await db.orm.select().from(jobQueue)).some((job) => job.kind === "wake"));
		await passTime(db, "1 hour");
		await endedRun(db, "nap");
		await engine.stop();
		await testEngine(db, client, []);
		await expect(retryJob(ctx, { jobRunId })).rejects.toThrow("no longer in the code");
		await expect(getJob(ctx, { jobRunId: "nothing" })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});
});

test("the list goes page by page, newest first, without gap or double, and by state", async () => {
	const client = testClient(db);
	const quick = client.createFunction({ id: "quick", triggers: [{ event: "quick/asked" }] }, ({ event }) => {
		if (event.data.n === 3) throw new Error("three");
	});
	await testEngine(db, client, [quick], { backoff: () => 3_600_000 });
	await client.send(Array.from({ length: 7 }, (_, n) => ({ name: "quick/asked", data: { n } })));
	await until(async () => (await runsOf(db, "quick")).filter((run) => run.endedAt).length === 6);
	const seen: string[] = [];
	for (let cursor: string | undefined, pages = 0; pages === 0 || cursor; pages++) {
		const page = await listJobs(ctx, { limit: 3, ...(cursor ? { cursor } : {}) });
		seen.push(...page.rows.map(({ id }) => id));
		cursor = page.next ?? undefined;
		expect(pages).toBeLessThan(3);
	}
	expect(seen).toEqual((await runsOf(db, "quick")).map(({ id }) => id).reverse());
	expect((await listJobs(ctx, { limit: 50, filter: { state: { eq: "completed" } } })).rows).toHaveLength(6);
	expect((await listJobs(ctx, { limit: 50, filter: { state: { eq: "running" } } })).rows).toHaveLength(1);
	await expect(listJobs(ctx, { limit: 3, cursor: "made.up" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});
