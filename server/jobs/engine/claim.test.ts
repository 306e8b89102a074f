import { and, eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { type Json, jobAttempts, jobQueue, jobSteps } from "@/db/schema";
import { testDatabase } from "@/tests/support";
import { emptyJobs, runsOf, silent } from "@/tests/support/jobs";
import { type Claim, claimCalls, renewClaims } from "./claim";
import type { Core } from "./core";
import { deliverNext } from "./deliver";
import { engineFetch } from "./fetch";
import { admitForgotten, reclaimLost } from "./lost";
import { Registry } from "./registry";
import { settle } from "./settle";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(() => emptyJobs(db));

const config = (more: { [key: string]: Json } = {}, retries = 1): Json => ({
	id: "test-one",
	triggers: [{ event: "one/asked" }],
	steps: { step: { runtime: { url: "http://engine.internal/" }, retries: { attempts: retries } } },
	...more,
});
const coreOf = (worker: string, functions: Json[] = [config()]): Core => ({
	db,
	registry: Registry.from(functions),
	worker,
	backoff: () => 0,
	log: silent,
});

/** As many runs of the function as that, each with a call that is ready. */
async function send(core: Core, data: Json[] = [{}]): Promise<void> {
	const events = data.map((one) => ({ name: "one/asked", data: one }));
	await engineFetch(() => db)("http://x/e/key", { method: "POST", body: JSON.stringify(events) });
	while ((await deliverNext(core, [])) !== null);
}

async function claimOne(core: Core): Promise<Claim> {
	const { claims } = await claimCalls(core, 1);
	const [claim] = claims;
	if (!claim) throw new Error("Nothing was claimed");
	return claim;
}

const settled = (core: Core, claim: Claim) => {
	const spec = core.registry.find(claim.functionId);
	if (!spec) throw new Error("No such function");
	return { core, spec, claim, ms: 1 };
};
const finished = { kind: "completed", output: "by whom?" } as const;
const runOut = (claim: Claim) =>
	db.orm.update(jobQueue).set({ claimedUntil: sql`now() - interval '1 s'` }).where(eq(jobQueue.id, claim.id));

describe("a claim", () => {
	test("is had by one worker only", async () => {
		const cores = ["a", "b", "c"].map((name) => coreOf(name));
		await send(coreOf("a"), [{}, {}, {}, {}, {}]);
		const taken = await Promise.all(cores.map((core) => claimCalls(core, 2)));
		const ids = taken.flatMap(({ claims }) => claims.map(({ id }) => id));
		expect(ids).toHaveLength(5);
		expect(new Set(ids).size).toBe(5);
	});

	test("goes on with the run that began first, before it begins another", async () => {
		const core = coreOf("a");
		await send(core);
		await send(core);
		const first = await claimOne(core);
		const op = { op: "StepRun" as const, id: "s", name: "s", data: 1 };
		await settle(settled(core, first), { kind: "ops", ops: [op], isFinal: false, retryAt: null });
		expect((await claimOne(core)).runId).toBe(first.runId);
		expect((await claimOne(core)).runId).not.toBe(first.runId);
	});

	test("that was lost can't settle, whatever it found out", async () => {
		const [slow, quick] = [coreOf("slow"), coreOf("quick")];
		await send(slow);
		const lost = await claimOne(slow);
		await runOut(lost);
		expect(await reclaimLost(quick, [])).toBe(1);
		const mine = await claimOne(quick);
		expect(mine).toMatchObject({ id: lost.id, attempt: 1 });
		const op = { op: "StepRun" as const, id: "s", name: "s", data: 1 };
		await expect(
			settle(settled(slow, lost), { kind: "ops", ops: [op], isFinal: false, retryAt: null }),
		).rejects.toThrow("was lost");
		expect(await db.orm.select().from(jobSteps)).toEqual([]);
		await expect(settle(settled(slow, lost), finished)).rejects.toThrow("was lost");
		expect(await runsOf(db, "one")).toMatchObject([{ endedAt: null }]);
		await settle(settled(quick, mine), finished);
		expect(await runsOf(db, "one")).toMatchObject([{ state: "completed" }]);
	});

	test("that is renewed stays where it is", async () => {
		const [core, other] = [coreOf("a"), coreOf("b")];
		await send(core);
		const claim = await claimOne(core);
		await runOut(claim);
		expect(await renewClaims(core, [claim.token])).toEqual(new Set([claim.token]));
		expect(await reclaimLost(other, [])).toBe(0);
		expect(await claimCalls(other, 1)).toEqual({ claims: [], seen: 0 });
	});

	test("of a worker known to be dead is taken back before its lease is out", async () => {
		const [dead, other] = [coreOf("dead"), coreOf("b")];
		await send(dead, [{}, {}]);
		await claimCalls(dead, 2);
		expect(await reclaimLost(other, ["dead"])).toBe(2);
		expect((await claimCalls(other, 2)).claims).toHaveLength(2);
	});

	test("lost as often as the function may try ends the run", async () => {
		const core = coreOf("a");
		await send(core);
		for (const attempt of [0, 1]) {
			const claim = await claimOne(core);
			expect(claim.attempt).toBe(attempt);
			await runOut(claim);
			await reclaimLost(core, []);
		}
		expect(await runsOf(db, "one")).toMatchObject([{ state: "failed", error: { name: "WorkerLost" } }]);
		expect(await db.orm.select().from(jobAttempts)).toMatchObject([{ state: "lost" }, { state: "lost" }]);
		expect(await db.orm.select().from(jobQueue)).toEqual([]);
	});
});

describe("a full key", () => {
	const keyed = [config({ concurrency: [{ limit: 1, key: "event.data.who" }] })];

	test("is found full by workers that ask at the same time", async () => {
		const cores = ["a", "b", "c", "d"].map((name) => coreOf(name, keyed));
		await send(
			coreOf("a", keyed),
			Array.from({ length: 8 }, () => ({ who: "ann" })),
		);
		const taken = await Promise.all(cores.map((core) => claimCalls(core, 2)));
		expect(taken.flatMap(({ claims }) => claims)).toHaveLength(1);
	});

	test("keeps out of the way all that wait for it, so that others have their turn", async () => {
		const core = coreOf("a", keyed);
		await send(core, [...Array.from({ length: 20 }, () => ({ who: "ann" })), { who: "bob" }]);
		const runs = (await claimCalls(core, 2)).claims.length;
		expect([runs, await db.orm.$count(jobQueue, eq(jobQueue.blockedOn, "test-one ann"))]).toEqual([1, 19]);
		expect(await claimOne(core)).toMatchObject({ concurrencyKeys: ["test-one bob"] });
	});

	test("that nobody holds lets in who was forgotten", async () => {
		const core = coreOf("a", keyed);
		await send(core, [{ who: "ann" }]);
		await db.orm.update(jobQueue).set({ blockedOn: "test-one ann" });
		expect((await claimCalls(core, 5)).claims).toEqual([]);
		await admitForgotten(core);
		expect((await claimCalls(core, 5)).claims).toHaveLength(1);
	});

	test("lets in the next when a holder is done, and when a holder is lost for good", async () => {
		const core = coreOf("a", keyed);
		await send(core, [{ who: "ann" }, { who: "ann" }, { who: "ann" }]);
		const blocked = () => db.orm.$count(jobQueue, eq(jobQueue.blockedOn, "test-one ann"));
		const first = (await claimCalls(core, 5)).claims;
		expect([first.length, await blocked()]).toEqual([1, 2]);
		for (const claim of first) await settle(settled(core, claim), finished);
		expect(await blocked()).toBe(1);
		const second = await claimOne(core);
		await db.orm.update(jobQueue).set({ attempt: 1 }).where(eq(jobQueue.id, second.id));
		await runOut(second);
		await reclaimLost(core, []);
		expect(await blocked()).toBe(0);
		expect(await claimOne(core)).toBeDefined();
	});
});

describe("a step that is done", () => {
	test("stays as it is, whatever a later call says of it", async () => {
		const core = coreOf("a");
		await send(core);
		const step = (data: number) => ({ op: "StepRun" as const, id: "s", name: "s", data });
		for (const data of [1, 2])
			await settle(settled(core, await claimOne(core)), {
				kind: "ops",
				ops: [step(data)],
				isFinal: false,
				retryAt: null,
			});
		expect(await db.orm.select().from(jobSteps)).toMatchObject([{ id: "s", result: { data: 1 }, doneSeq: 1 }]);
	});

	test("is asked for once, though a call names it twice", async () => {
		const core = coreOf("a");
		await send(core);
		const planned = (id: string) => ({ op: "StepPlanned" as const, id, name: id });
		const ops = [planned("s"), planned("t"), planned("s")];
		await settle(settled(core, await claimOne(core)), { kind: "ops", ops, isFinal: false, retryAt: null });
		expect((await db.orm.select().from(jobQueue)).map(({ stepId }) => stepId).toSorted()).toEqual(["s", "t"]);
	});
});

test("a worker takes only the calls of functions that it has", async () => {
	const core = coreOf("a");
	await send(core);
	expect(await claimCalls(coreOf("b", []), 5)).toEqual({ claims: [], seen: 0 });
	await db.orm
		.update(jobQueue)
		.set({ orderAt: sql`now() + interval '1 hour'` })
		.where(and(eq(jobQueue.kind, "call")));
	expect((await claimCalls(core, 5)).claims).toEqual([]);
});
