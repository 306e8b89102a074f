import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "@/db/connection";
import { jobQueue, jobRuns, workers } from "@/db/schema";
import { testDatabase, until, urlOf } from "@/tests/support";
import { attemptsOf, emptyJobs, endedRun, runsOf, testClient, testEngine } from "@/tests/support/jobs";
import { createMarks, fiveSteps } from "@/tests/support/jobs-worker";

let db: Database;
let folder: string;
beforeAll(async () => {
	db = await testDatabase();
	await createMarks(db);
	// Beside node_modules, where its packages are found.
	folder = await mkdtemp(join(process.cwd(), "node_modules", ".jobs-worker-"));
	await build({
		entryPoints: ["tests/support/jobs-worker.ts"],
		outfile: join(folder, "jobs-worker.mjs"),
		alias: { "@": process.cwd() },
		bundle: true,
		format: "esm",
		platform: "node",
		packages: "external",
		logLevel: "silent",
	});
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
	await emptyJobs(db);
	await db.orm.execute(sql`truncate marks`);
});

const marks = async () => [
	...(await db.orm.execute<{ step: string; phase: string; pid: number }>(sql`select * from marks order by at`)),
];

function startWorker(hangIn: string) {
	const child = spawn(process.execPath, [join(folder, "jobs-worker.mjs"), urlOf(db), hangIn], { stdio: "inherit" });
	const ended = new Promise((resolve) => child.on("exit", resolve));
	onTestFinished(() => void child.kill("SIGKILL"));
	const kill = async () => {
		child.kill("SIGKILL");
		await ended;
	};
	return { kill };
}

describe("a worker that is killed in a step", () => {
	test("leaves its run to the next one, which does that step again and no other", async () => {
		const client = testClient(db);
		const worker = startWorker("three");
		await client.send({ name: "five/asked" });
		await until(async () => (await marks()).some(({ step }) => step === "three"), 25_000);
		await worker.kill();
		const from = performance.now();
		await testEngine(db, client, [fiveSteps(client, db)]);
		const run = await endedRun(db, "five");
		// Far below the lease: the process is known to be gone.
		expect(performance.now() - from).toBeLessThan(10_000);
		expect(run).toMatchObject({ state: "completed", output: "all five" });
		expect((await marks()).map(({ step, phase }) => `${step} ${phase}`)).toEqual([
			...["one begin", "one end", "two begin", "two end", "three begin"],
			...["three begin", "three end", "four begin", "four end", "five begin", "five end"],
		]);
		expect(new Set((await marks()).map(({ pid }) => pid)).size).toBe(2);
		expect((await attemptsOf(db, run.id)).map(({ state }) => state)).toEqual([
			...["completed", "completed", "lost", "completed", "completed", "completed", "completed"],
		]);
		expect(await db.orm.select().from(workers)).toHaveLength(1);
	});

	test("again and again makes that run fail, not loop for ever", { timeout: 90_000 }, async () => {
		const client = testClient(db);
		await client.send({ name: "five/asked" });
		for (let attempt = 1; attempt <= 3; attempt++) {
			const worker = startWorker("one");
			await until(async () => (await marks()).length === attempt, 25_000);
			await worker.kill();
		}
		await testEngine(db, client, [fiveSteps(client, db)]);
		expect(await endedRun(db, "five")).toMatchObject({ state: "failed", error: { name: "WorkerLost" } });
		expect(await marks()).toHaveLength(3);
	});
});

test("two engines share a database, and each step takes effect once", async () => {
	const client = testClient(db);
	const five = fiveSteps(client, db);
	await testEngine(db, client, [five]);
	await testEngine(db, client, [five]);
	await client.send(Array.from({ length: 20 }, () => ({ name: "five/asked" })));
	await until(async () => (await runsOf(db, "five")).filter((run) => run.state === "completed").length === 20);
	const done = await marks();
	for (const step of ["one", "two", "three", "four", "five"])
		expect(done.filter((mark) => mark.step === step && mark.phase === "end")).toHaveLength(20);
	const attempts = await Promise.all((await runsOf(db, "five")).map((run) => attemptsOf(db, run.id)));
	expect(new Set(attempts.flat().map(({ worker }) => worker)).size).toBe(2);
});

describe("an engine that stops", () => {
	test("lets a step finish, and leaves the rest", async () => {
		const client = testClient(db);
		const { promise: letGo, resolve } = Promise.withResolvers<void>();
		let isIn = false;
		const two = client.createFunction({ id: "two", triggers: [{ event: "two/asked" }] }, async ({ step }) => {
			await step.run("one", () => {
				isIn = true;
				return letGo;
			});
			return step.run("two", () => "done");
		});
		const engine = await testEngine(db, client, [two]);
		await client.send({ name: "two/asked" });
		await until(() => isIn);
		const stopping = engine.stop();
		resolve();
		await stopping;
		const [run] = await runsOf(db, "two");
		expect(run).toMatchObject({ state: "running" });
		expect(await attemptsOf(db, run?.id ?? "")).toMatchObject([{ name: "one", state: "completed" }]);
		expect(await db.orm.select().from(workers)).toEqual([]);
		await testEngine(db, client, [two]);
		expect(await endedRun(db, "two")).toMatchObject({ output: "done" });
	});

	test("gives a step that takes too long back at once, without counting it as failed", async () => {
		const client = testClient(db);
		const engine = await testEngine(db, client, [fiveSteps(client, db, "two")], { drain: 1 });
		await client.send({ name: "five/asked" });
		await until(async () => (await marks()).length === 3);
		await engine.stop();
		expect(await db.orm.select().from(jobQueue)).toMatchObject([{ claimToken: null, attempt: 0, crashes: 0 }]);
		await testEngine(db, client, [fiveSteps(client, db)]);
		expect(await endedRun(db, "five")).toMatchObject({ state: "completed" });
	});
});

test("a run whose function is gone is parked, and goes on when that is back", async () => {
	const client = testClient(db);
	const nap = client.createFunction({ id: "nap", triggers: [{ event: "nap/asked" }] }, async ({ step }) => {
		await step.run("one", () => 1);
		await step.sleep("a day", "1d");
		return step.run("two", () => 2);
	});
	const before = await testEngine(db, client, [nap]);
	await client.send({ name: "nap/asked" });
	await until(async () => (await db.orm.select().from(jobQueue)).some((job) => job.kind === "wake"));
	await before.stop();
	const without = await testEngine(db, client, []);
	await db.orm.update(jobQueue).set({ runAt: sql`now()` });
	await db.orm.execute(sql`select pg_notify('jobs', '')`);
	await until(async () => (await db.orm.select().from(jobQueue)).every((job) => job.kind === "call"));
	expect(await runsOf(db, "nap")).toMatchObject([{ state: "parked", endedAt: null }]);
	await without.stop();
	await testEngine(db, client, [nap]);
	expect(await endedRun(db, "nap")).toMatchObject({ state: "completed", output: 2 });
	expect(await db.orm.select().from(jobRuns).where(eq(jobRuns.state, "parked"))).toEqual([]);
});
