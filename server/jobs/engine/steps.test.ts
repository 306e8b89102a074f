import { invoke, NonRetriableError, RetryAfterError } from "inngest";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { jobQueue } from "@/db/schema";
import { testDatabase, until } from "@/tests/support";
import {
	attemptsOf,
	emptyJobs,
	endedRun,
	passTime,
	runsOf,
	stepsOf,
	testClient,
	testEngine,
} from "@/tests/support/jobs";

let db: Database;
let calls: string[];
const did = <T>(what: string, value: T): T => {
	calls.push(what);
	return value;
};
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	calls = [];
	await emptyJobs(db);
});

describe("steps", () => {
	test("run in order, each once, and the function's value is the run's output", async () => {
		const inngest = testClient(db);
		const add = inngest.createFunction({ id: "add", triggers: [{ event: "sum/asked" }] }, async ({ event, step }) => {
			const a = await step.run("double", () => did("double", event.data.n * 2));
			const b = await step.run("add one", () => did("add one", a + 1));
			return { sum: b };
		});
		await testEngine(db, inngest, [add]);
		await inngest.send({ name: "sum/asked", data: { n: 20 } });
		const run = await endedRun(db, "add");
		expect(run).toMatchObject({ state: "completed", output: { sum: 41 }, error: null });
		expect(calls).toEqual(["double", "add one"]);
		expect(await stepsOf(db, run.id)).toMatchObject([
			{ name: "double", state: "completed", doneSeq: 1, result: { data: 40 } },
			{ name: "add one", state: "completed", doneSeq: 2 },
		]);
		expect(await db.orm.select().from(jobQueue)).toEqual([]);
	});

	test("sleep without holding anything, until their time has come", async () => {
		const inngest = testClient(db);
		const nap = inngest.createFunction({ id: "nap", triggers: [{ event: "nap/asked" }] }, async ({ step }) => {
			await step.sleep("an hour", "1h");
			return "rested";
		});
		await testEngine(db, inngest, [nap]);
		await inngest.send({ name: "nap/asked" });
		const wake = await until(async () => {
			const [job] = await db.orm.select().from(jobQueue);
			return job?.kind === "wake" ? job : null;
		});
		expect(Math.round((wake.runAt.getTime() - Date.now()) / 60_000)).toBe(60);
		await passTime(db, "1 hour");
		expect(await endedRun(db, "nap")).toMatchObject({ output: "rested" });
	});

	test("wait for the event that matches, and for no other", async () => {
		const inngest = testClient(db);
		const ask = inngest.createFunction({ id: "ask", triggers: [{ event: "leave/asked" }] }, async ({ step }) => {
			const answer = await step.waitForEvent("approval", { event: "leave/approved", timeout: "1d", match: "data.who" });
			return answer?.data.by ?? "nobody";
		});
		await testEngine(db, inngest, [ask]);
		await inngest.send({ name: "leave/asked", data: { who: "ann" } });
		await until(async () => (await db.orm.select().from(jobQueue))[0]?.kind === "wake");
		await inngest.send([
			{ name: "leave/approved", data: { who: "bob", by: "wrong" } },
			{ name: "leave/approved", data: { who: "ann", by: "carol" } },
			{ name: "leave/approved", data: { who: "ann", by: "too late" } },
		]);
		expect(await endedRun(db, "ask")).toMatchObject({ output: "carol" });
	});

	test("get null when nobody answers in time", async () => {
		const inngest = testClient(db);
		const ask = inngest.createFunction({ id: "ask", triggers: [{ event: "leave/asked" }] }, ({ step }) =>
			step.waitForEvent("approval", { event: "leave/approved", timeout: "1d" }),
		);
		await testEngine(db, inngest, [ask]);
		await inngest.send({ name: "leave/asked" });
		await until(async () => (await db.orm.select().from(jobQueue))[0]?.kind === "wake");
		await passTime(db, "1 day");
		expect(await endedRun(db, "ask")).toMatchObject({ state: "completed", output: null });
	});

	test("invoke other functions, and get their output or their error", async () => {
		const inngest = testClient(db);
		const half = inngest.createFunction(
			{ id: "half", triggers: [invoke(z.object({ n: z.number() }))] },
			({ event }) => {
				if (event.data.n % 2) throw new NonRetriableError("odd");
				return event.data.n / 2;
			},
		);
		const main = inngest.createFunction({ id: "main", triggers: [{ event: "main/asked" }] }, async ({ step }) => {
			const even = await step.invoke("even", { function: half, data: { n: 84 } });
			const odd = await step.invoke("odd", { function: half, data: { n: 3 } }).catch((error: Error) => error.message);
			return { even, odd };
		});
		await testEngine(db, inngest, [half, main]);
		await inngest.send({ name: "main/asked" });
		expect(await endedRun(db, "main")).toMatchObject({ output: { even: 42, odd: "odd" } });
	});

	test("in parallel are all done before the function goes on", async () => {
		const inngest = testClient(db);
		const fan = inngest.createFunction({ id: "fan", triggers: [{ event: "fan/asked" }] }, async ({ step }) => {
			const values = await Promise.all([
				step.run("a", () => did("a", 1)),
				step.run("b", () => did("b", 2)),
				step.sleep("c", "1h").then(() => 3),
			]);
			return step.run("sum", () =>
				did(
					"sum",
					values.reduce((x, y) => x + y),
				),
			);
		});
		await testEngine(db, inngest, [fan]);
		await inngest.send({ name: "fan/asked" });
		await until(() => calls.length === 2);
		await passTime(db, "1 hour");
		expect(await endedRun(db, "fan")).toMatchObject({ output: 6 });
		expect(calls.toSorted()).toEqual(["a", "b", "sum"]);
		expect(calls[2]).toBe("sum");
	});

	test("in a race let the function go on with the first", async () => {
		const inngest = testClient(db);
		const race = inngest.createFunction(
			{ id: "race", triggers: [{ event: "race/asked" }] },
			async ({ step, group }) => {
				const winner = await group.parallel(() =>
					Promise.race([step.run("quick", () => did("quick", "quick")), step.sleep("slow", "1h").then(() => "slow")]),
				);
				return step.run("tell", () => did(`tell ${winner}`, winner));
			},
		);
		await testEngine(db, inngest, [race]);
		await inngest.send({ name: "race/asked" });
		await until(() => calls.includes("tell quick"));
		await passTime(db, "1 hour");
		expect(await endedRun(db, "race")).toMatchObject({ output: "quick" });
		expect(calls).toEqual(["quick", "tell quick"]);
	});

	test("send events that start other functions", async () => {
		const inngest = testClient(db);
		const teller = inngest.createFunction({ id: "teller", triggers: [{ event: "tell/asked" }] }, ({ step }) =>
			step.sendEvent("tell", [
				{ name: "told/one", data: { n: 1 } },
				{ name: "told/two", data: { n: 2 } },
			]),
		);
		const hearer = inngest.createFunction(
			{ id: "hearer", triggers: [{ event: "told/*", if: "event.data.n > 1" }] },
			({ event }) => did(`heard ${event.name}`, null),
		);
		await testEngine(db, inngest, [teller, hearer]);
		await inngest.send({ name: "tell/asked" });
		await endedRun(db, "hearer");
		expect(calls).toEqual(["heard told/two"]);
	});
});

describe("a step that fails", () => {
	test("is tried again, up to the number of retries, and the others are not", async () => {
		const inngest = testClient(db);
		const flaky = inngest.createFunction(
			{ id: "flaky", retries: 2, triggers: [{ event: "flaky/asked" }] },
			async ({ step, attempt }) => {
				await step.run("good", () => did("good", null));
				return step.run("bad", () => {
					did(`bad ${attempt}`, null);
					if (attempt < 2) throw new Error(`boom ${attempt}`);
					return "at last";
				});
			},
		);
		await testEngine(db, inngest, [flaky]);
		await inngest.send({ name: "flaky/asked" });
		const run = await endedRun(db, "flaky");
		expect(run.output).toBe("at last");
		expect(calls).toEqual(["good", "bad 0", "bad 1", "bad 2"]);
		expect(await attemptsOf(db, run.id)).toMatchObject([
			{ name: "good", state: "completed", attempt: 0 },
			{ name: "bad", state: "errored", attempt: 0, error: { message: "boom 0" } },
			{ name: "bad", state: "errored", attempt: 1 },
			{ name: "bad", state: "completed", attempt: 2 },
			{ name: null, state: "completed", attempt: 0 },
		]);
	});

	test("for good throws into the function, which may go on", async () => {
		const inngest = testClient(db);
		const catcher = inngest.createFunction(
			{ id: "catcher", retries: 1, triggers: [{ event: "catch/asked" }] },
			async ({ step }) => {
				try {
					await step.run("bad", () => {
						did("bad", null);
						throw new Error("no way");
					});
				} catch (error) {
					return step.run("mend", () => (error instanceof Error ? error.message : ""));
				}
			},
		);
		await testEngine(db, inngest, [catcher]);
		await inngest.send({ name: "catch/asked" });
		expect(await endedRun(db, "catcher")).toMatchObject({ state: "completed", output: "no way" });
		expect(calls).toEqual(["bad", "bad"]);
	});

	test("with a NonRetriableError is not tried again", async () => {
		const inngest = testClient(db);
		const never = inngest.createFunction({ id: "never", triggers: [{ event: "never/asked" }] }, ({ step }) =>
			step.run("bad", () => {
				did("bad", null);
				throw new NonRetriableError("this will never work");
			}),
		);
		await testEngine(db, inngest, [never]);
		await inngest.send({ name: "never/asked" });
		expect(await endedRun(db, "never")).toMatchObject({ state: "failed", error: { message: "this will never work" } });
		expect(calls).toEqual(["bad"]);
	});

	test("with a RetryAfterError waits as long as that says", async () => {
		const inngest = testClient(db);
		const later = inngest.createFunction({ id: "later", triggers: [{ event: "later/asked" }] }, ({ step, attempt }) =>
			step.run("ask", () => {
				if (attempt === 0) throw new RetryAfterError("not now", "2h");
				return "now";
			}),
		);
		await testEngine(db, inngest, [later]);
		await inngest.send({ name: "later/asked" });
		const job = await until(async () => {
			const [found] = await db.orm.select().from(jobQueue);
			return found?.attempt === 1 ? found : null;
		});
		expect(Math.round((job.runAt.getTime() - Date.now()) / 60_000)).toBe(120);
		await passTime(db, "2 hours");
		expect(await endedRun(db, "later")).toMatchObject({ output: "now" });
	});

	test("past its time limit counts as failed, and is told to stop", async () => {
		const inngest = testClient(db);
		const hang = inngest.createFunction({ id: "hang", retries: 1, triggers: [{ event: "hang/asked" }] }, ({ step }) =>
			step.run("hang", () => new Promise(() => did("hang", null))),
		);
		await testEngine(db, inngest, [hang], { stepLimit: 50, drain: 1 });
		await inngest.send({ name: "hang/asked" });
		expect(await endedRun(db, "hang")).toMatchObject({ state: "failed", error: { name: "StepTimeout" } });
		expect(calls).toEqual(["hang", "hang"]);
	});

	test("by what it gives back, which can't be stored, ends the run with that reason", async () => {
		const inngest = testClient(db);
		const zero = inngest.createFunction({ id: "zero", triggers: [{ event: "zero/asked" }] }, ({ step }) =>
			step.run("read", () => did("read", "a\u0000b")),
		);
		await testEngine(db, inngest, [zero]);
		await inngest.send({ name: "zero/asked" });
		expect(await endedRun(db, "zero")).toMatchObject({ state: "failed", error: { name: "NotStorable" } });
		expect(calls).toEqual(["read"]);
	});
});

test("a function that fails for good starts its failure handler, once, with the error and the event", async () => {
	const inngest = testClient(db);
	const failing = inngest.createFunction(
		{
			id: "failing",
			retries: 1,
			triggers: [{ event: "fail/asked" }],
			onFailure: ({ error, event, step }) =>
				step.run("tell", () => {
					did(`${error.message} ${event.data.event.data.n}`, null);
					throw new Error("the handler fails too");
				}),
		},
		({ attempt }) => {
			did(`attempt ${attempt}`, null);
			throw new Error("always");
		},
	);
	await testEngine(db, inngest, [failing]);
	await inngest.send({ name: "fail/asked", data: { n: 7 } });
	expect(await endedRun(db, "failing-failure")).toMatchObject({ state: "failed" });
	expect(calls).toEqual(["attempt 0", "attempt 1", "always 7", "always 7"]);
	expect(await runsOf(db, "failing-failure")).toHaveLength(1);
});
