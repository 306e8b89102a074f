import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { jobCrons, jobQueue } from "@/db/schema";
import { testDatabase, until } from "@/tests/support";
import { emptyJobs, endedRun, passTime, runsOf, testClient, testEngine } from "@/tests/support/jobs";

let db: Database;
let calls: string[];
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	calls = [];
	await emptyJobs(db);
});

/** Holds the steps that come to it until they are let go. */
function gate() {
	const inside: string[] = [];
	const waiting: { name: string; go: () => void }[] = [];
	let most = 0;
	return {
		inside,
		most: () => most,
		pass: async (name: string) => {
			inside.push(name);
			most = Math.max(most, inside.length);
			await new Promise<void>((go) => waiting.push({ name, go }));
			inside.splice(inside.indexOf(name), 1);
			calls.push(name);
			return null;
		},
		release: () => {
			for (const { go } of waiting.splice(0)) go();
		},
	};
}

describe("concurrency", () => {
	test("lets as many steps run at once as its limit says, and all of them in the end", async () => {
		const inngest = testClient(db);
		const door = gate();
		const work = inngest.createFunction(
			{ id: "work", concurrency: 2, triggers: [{ event: "work/asked" }] },
			({ event, step }) => step.run("work", () => door.pass(event.data.n)),
		);
		await testEngine(db, inngest, [work], { slots: 10 });
		await inngest.send(Array.from({ length: 6 }, (_, n) => ({ name: "work/asked", data: { n: String(n) } })));
		await until(() => door.inside.length === 2);
		await until(() => {
			door.release();
			return calls.length === 6;
		});
		expect(door.most()).toBe(2);
	});

	test("counts each key by itself", async () => {
		const inngest = testClient(db);
		const door = gate();
		const work = inngest.createFunction(
			{ id: "work", concurrency: { limit: 1, key: "event.data.who" }, triggers: [{ event: "work/asked" }] },
			({ event, step }) => step.run("work", () => door.pass(event.data.who)),
		);
		await testEngine(db, inngest, [work], { slots: 10 });
		await inngest.send(["ann", "ann", "bob"].map((who) => ({ name: "work/asked", data: { who } })));
		await until(() => door.inside.length === 2);
		expect(door.inside.toSorted()).toEqual(["ann", "bob"]);
		const [blocked] = (await db.orm.select().from(jobQueue)).filter((job) => job.blockedOn);
		expect(blocked).toMatchObject({ blockedOn: "test-work ann" });
		await until(() => {
			door.release();
			return calls.length === 3;
		});
		expect(calls.filter((who) => who === "ann")).toHaveLength(2);
	});

	test("with two keys needs room in both, and one that waits for one key doesn't hold up the other", async () => {
		const inngest = testClient(db);
		const door = gate();
		const work = inngest.createFunction(
			{
				id: "work",
				concurrency: [{ limit: 2 }, { limit: 1, key: "event.data.who" }],
				triggers: [{ event: "work/asked" }],
			},
			({ event, step }) => step.run("work", () => door.pass(event.data.who)),
		);
		await testEngine(db, inngest, [work], { slots: 10 });
		await inngest.send(["ann", "ann", "ann", "bob", "cid"].map((who) => ({ name: "work/asked", data: { who } })));
		await until(() => door.inside.length === 2);
		await until(() => {
			const [first, second] = door.inside;
			if (first !== undefined && first === second) throw new Error(`two at once for ${first}`);
			door.release();
			return calls.length === 5;
		});
		expect(door.most()).toBe(2);
	});

	test("of scope account is shared by all functions", async () => {
		const inngest = testClient(db);
		const door = gate();
		const make = (id: string) =>
			inngest.createFunction(
				{ id, concurrency: { limit: 1, scope: "account", key: '"model"' }, triggers: [{ event: "work/asked" }] },
				({ step }) => step.run("work", () => door.pass(id)),
			);
		await testEngine(db, inngest, [make("one"), make("two")], { slots: 10 });
		await inngest.send([{ name: "work/asked" }, { name: "work/asked" }]);
		await until(() => {
			door.release();
			return calls.length === 4;
		});
		expect(door.most()).toBe(1);
	});

	test("does not count runs that sleep", async () => {
		const inngest = testClient(db);
		const work = inngest.createFunction(
			{ id: "work", concurrency: 1, triggers: [{ event: "work/asked" }] },
			({ step }) => step.sleep("long", "1d"),
		);
		await testEngine(db, inngest, [work]);
		await inngest.send([{ name: "work/asked" }, { name: "work/asked" }]);
		await until(async () => (await db.orm.select().from(jobQueue)).filter((job) => job.kind === "wake").length === 2);
	});
});

test("a run with priority goes before older ones", async () => {
	const inngest = testClient(db);
	const door = gate();
	const work = inngest.createFunction(
		{
			id: "work",
			concurrency: 1,
			priority: { run: "event.data.urgent ? 300 : 0" },
			triggers: [{ event: "work/asked" }],
		},
		({ event, step }) => step.run("work", () => door.pass(event.data.n)),
	);
	await testEngine(db, inngest, [work]);
	await inngest.send(
		["a", "b", "c", "urgent"].map((n) => ({ name: "work/asked", data: { n, urgent: n === "urgent" } })),
	);
	await until(async () => door.inside.length === 1 && (await runsOf(db, "work")).length === 4);
	await until(() => {
		door.release();
		return calls.length === 4;
	});
	expect(calls.indexOf("urgent")).toBeLessThanOrEqual(1);
	expect(calls.filter((n) => n !== "urgent")).toEqual(["a", "b", "c"]);
});

describe("a run ends early", () => {
	test("when the event comes that cancels it, and not for another's", async () => {
		const inngest = testClient(db);
		const long = inngest.createFunction(
			{ id: "long", cancelOn: [{ event: "long/stopped", match: "data.id" }], triggers: [{ event: "long/asked" }] },
			async ({ step }) => {
				await step.sleep("long", "1d");
				calls.push("never");
			},
		);
		await testEngine(db, inngest, [long]);
		await inngest.send([1, 2].map((id) => ({ name: "long/asked", data: { id } })));
		await until(async () => (await db.orm.select().from(jobQueue)).filter((job) => job.kind === "wake").length === 2);
		await inngest.send({ name: "long/stopped", data: { id: 2 } });
		await until(async () => (await runsOf(db, "long")).some((run) => run.state === "cancelled"));
		expect((await runsOf(db, "long")).map((run) => run.state)).toEqual(["running", "cancelled"]);
		expect(await db.orm.select().from(jobQueue)).toHaveLength(1);
	});

	test("when a newer one of its kind starts, if that is what cancels it", async () => {
		const inngest = testClient(db);
		const latest = inngest.createFunction(
			{ id: "latest", cancelOn: [{ event: "latest/asked", match: "data.id" }], triggers: [{ event: "latest/asked" }] },
			({ step }) => step.sleep("long", "1d"),
		);
		await testEngine(db, inngest, [latest]);
		await inngest.send({ name: "latest/asked", data: { id: 1 } });
		await until(async () => (await runsOf(db, "latest"))[0]?.state === "running");
		await inngest.send({ name: "latest/asked", data: { id: 1 } });
		await until(async () => (await runsOf(db, "latest"))[1]?.state === "running");
		expect((await runsOf(db, "latest")).map((run) => run.state)).toEqual(["cancelled", "running"]);
	});

	test("when it takes longer than it may, and a step that runs then changes nothing any more", async () => {
		const inngest = testClient(db);
		const door = gate();
		const slow = inngest.createFunction(
			{ id: "slow", timeouts: { finish: "1h" }, triggers: [{ event: "slow/asked" }] },
			({ step }) => step.run("work", () => door.pass("work")),
		);
		await testEngine(db, inngest, [slow]);
		await inngest.send({ name: "slow/asked" });
		await until(() => door.inside.length === 1);
		await passTime(db, "1 hour");
		expect(await endedRun(db, "slow")).toMatchObject({ state: "cancelled", error: { name: "TimeoutError" } });
		door.release();
		await until(async () => (await db.orm.select().from(jobQueue)).length === 0);
		expect(await endedRun(db, "slow")).toMatchObject({ state: "cancelled", output: null });
	});

	test("when it did not start in time", async () => {
		const inngest = testClient(db);
		const door = gate();
		const slow = inngest.createFunction(
			{ id: "slow", concurrency: 1, timeouts: { start: "1h" }, triggers: [{ event: "slow/asked" }] },
			({ step, event }) => step.run("work", () => door.pass(event.data.n)),
		);
		await testEngine(db, inngest, [slow]);
		await inngest.send(["a", "b"].map((n) => ({ name: "slow/asked", data: { n } })));
		await until(() => door.inside.length === 1);
		await passTime(db, "1 hour");
		await until(async () => (await runsOf(db, "slow")).some((run) => run.state === "cancelled"));
		await until(() => {
			door.release();
			return calls.length === 1;
		});
		expect((await runsOf(db, "slow")).map((run) => run.state)).toContain("cancelled");
	});
});

test("the same idempotency key starts one run a day", async () => {
	const inngest = testClient(db);
	const once = inngest.createFunction(
		{ id: "once", idempotency: "event.data.order", triggers: [{ event: "once/asked" }] },
		({ event }) => event.data.order,
	);
	await testEngine(db, inngest, [once]);
	await inngest.send([1, 1, 2].map((order) => ({ name: "once/asked", data: { order } })));
	await until(async () => (await runsOf(db, "once")).filter((run) => run.endedAt).length === 2);
	await passTime(db, "25 hours");
	await inngest.send({ name: "once/asked", data: { order: 1 } });
	await until(async () => (await runsOf(db, "once")).length === 3);
	expect((await runsOf(db, "once")).map((run) => run.events[0]?.data)).toEqual([
		{ order: 1 },
		{ order: 2 },
		{ order: 1 },
	]);
});

test("a cron runs at its tick, once for all engines, and knows its next one", async () => {
	const inngest = testClient(db);
	const tick = inngest.createFunction(
		{ id: "tick", triggers: [{ cron: "TZ=Europe/Paris 0 3 * * *" }] },
		({ event }) => {
			calls.push(event.name);
			return "cron" in event.data ? event.data.cron : null;
		},
	);
	await testEngine(db, inngest, [tick]);
	await testEngine(db, inngest, [tick]);
	const [before] = await db.orm.select().from(jobCrons);
	expect(before).toMatchObject({ functionId: "test-tick", lastAt: null });
	expect(await runsOf(db, "tick")).toEqual([]);
	await passTime(db, "1 day");
	expect(await endedRun(db, "tick")).toMatchObject({ state: "completed", output: "TZ=Europe/Paris 0 3 * * *" });
	expect(calls).toEqual(["inngest/scheduled.timer"]);
	const [after] = await db.orm.select().from(jobCrons);
	expect(after?.nextAt.getTime()).toBeGreaterThan(Date.now());
	expect(after?.lastAt).not.toBeNull();
});
