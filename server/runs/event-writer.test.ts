import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Database } from "@/db/connection";
import { auditEntries, runEvents, runs } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { log } from "@/server/core/log";
import { testContext, until, urlOf } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { cuttable } from "@/tests/support/cuttable";
import { noRows } from "./checkpoint-rows";
import { commitBatch } from "./event-batch";
import { createEventWriter, LeaseLost } from "./event-writer";
import { removeRuns, startRun } from "./service";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let ctx: ServiceContext;
beforeAll(async () => {
	base = await agentsDatabase();
	ctx = await testContext(base.db);
});
afterAll(() => base.checkpoints.close());

/** A run that `owner` holds. */
async function heldRun(owner: string): Promise<{ id: string; attempt: number; lastSeq: number }> {
	const { runId } = await startRun(ctx, { question: "How many days?" });
	await base.db.orm
		.update(runs)
		.set({ state: "running", leaseOwner: owner, attempt: 1, leaseUntil: sql`now() + interval '1 hour'` })
		.where(eq(runs.id, runId));
	return { id: runId, attempt: 1, lastSeq: 0 };
}

const eventsOf = (runId: string) =>
	base.db.orm.select().from(runEvents).where(eq(runEvents.runId, runId)).orderBy(runEvents.seq);
const textOf = async (runId: string) =>
	(await eventsOf(runId)).map(({ data }) => ("text" in data ? String(data.text) : "")).join("");
const started = { type: "step.started", step: "Search" } as const;
const ended = { state: "succeeded", answer: "Whole.", result: null, reason: null } as const;

test("what is said close together becomes one event, in its place among the others", async () => {
	const owner = randomUUID();
	const run = await heldRun(owner);
	const writer = createEventWriter(base.db, { owner, log }).open(run, () => {});
	writer.append(started);
	for (const word of ["All ", "staff ", "get "]) writer.say(word);
	writer.append(started);
	writer.say("25.");
	await writer.flushed();
	expect((await eventsOf(run.id)).map(({ seq, type, data }) => [seq, type, data])).toEqual([
		[1, "step.started", { step: "Search" }],
		[2, "answer.delta", { text: "All staff get " }],
		[3, "step.started", { step: "Search" }],
		[4, "answer.delta", { text: "25." }],
	]);
});

test("many runs at once keep their own order without a gap", async () => {
	const owner = randomUUID();
	const writer = createEventWriter(base.db, { owner, log, pauseMs: 1 });
	const held = await Promise.all(Array.from({ length: 12 }, () => heldRun(owner)));
	await Promise.all(
		held.map(async (run, index) => {
			const events = writer.open(run, () => {});
			for (let n = 0; n < 30; n += 1) {
				events.say(`${index}-${n} `);
				if (n % 3 === 0) await events.flushed();
			}
			await events.flushed();
		}),
	);
	for (const [index, { id }] of held.entries()) {
		expect(await textOf(id)).toBe(Array.from({ length: 30 }, (_, n) => `${index}-${n} `).join(""));
		const events = await eventsOf(id);
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
	}
});

test("a character that comes in two halves, and letters that can't be stored, do no harm", async () => {
	const owner = randomUUID();
	const run = await heldRun(owner);
	const writer = createEventWriter(base.db, { owner, log, pauseMs: 0 }).open(run, () => {});
	const [high = "", low = ""] = "🚢".split("");
	writer.say(`Ship ${high}`);
	await writer.flushed();
	writer.say(`${low} and\0 ${high}`);
	await writer.flushed();
	writer.append(started);
	await writer.flushed();
	expect(await textOf(run.id)).toBe("Ship 🚢 and \uFFFD");
});

test.each([
	["another executor took the run", { leaseOwner: "another" }],
	["we took it anew ourselves", { attempt: 2 }],
	["it has ended", { state: "cancelled" as const }],
])("where %s, nothing more is written, and its holder is told", async (_, change) => {
	const owner = randomUUID();
	const [run, other] = [await heldRun(owner), await heldRun(owner)];
	const writer = createEventWriter(base.db, { owner, log });
	const lost: Error[] = [];
	const events = writer.open(run, (why) => lost.push(why));
	const others = writer.open(other, (why) => lost.push(why));
	events.say("Mine.");
	await events.flushed();
	await base.db.orm.update(runs).set(change).where(eq(runs.id, run.id));
	events.say(" Not mine.");
	others.say("Still mine.");
	await expect(events.flushed()).rejects.toBeInstanceOf(LeaseLost);
	await others.flushed();
	await expect(events.end({ event: ended, tokens: 1, ctx })).rejects.toBeInstanceOf(LeaseLost);
	expect(lost).toHaveLength(1);
	expect(await textOf(run.id)).toBe("Mine.");
	expect(await textOf(other.id)).toBe("Still mine.");
});

test("an end is written once with its audit row, also where the answer to the commit was lost", async () => {
	const line = await cuttable(urlOf(base.db));
	const db = new Database({ url: line.url, pool: 2 });
	const owner = randomUUID();
	const writer = createEventWriter(db, { owner, log, pauseMs: 1 });
	for (let round = 0; round < 15; round += 1) {
		const run = await heldRun(owner);
		const events = writer.open(run, () => {});
		events.say("Whole");
		const done = events.end({ event: ended, tokens: 7, ctx: { ...ctx, db } });
		// At a different moment of the write each round.
		await new Promise((resolve) => setTimeout(resolve, round / 4));
		line.cut();
		line.mend();
		await done;
		expect((await eventsOf(run.id)).map(({ type }) => type)).toEqual(["answer.delta", "run.ended"]);
		const audit = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.runId, run.id));
		expect(audit.map(({ action }) => action).toSorted()).toEqual(["run.finish", "run.start"]);
	}
	await db.close();
	await line.stop();
}, 60_000);

test("events wait for a database that is away", async () => {
	const line = await cuttable(urlOf(base.db));
	const db = new Database({ url: line.url, pool: 2 });
	const owner = randomUUID();
	const run = await heldRun(owner);
	const events = createEventWriter(db, { owner, log }).open(run, () => {});
	line.cut();
	events.say("Later.");
	const flushed = events.flushed();
	setTimeout(line.mend, 300);
	await flushed;
	await until(async () => (await textOf(run.id)) === "Later.");
	await db.close();
	await line.stop();
}, 30_000);

test("what the graph saves of a run that is being removed does not stay", async () => {
	const owner = randomUUID();
	const [alone, withEvents] = [await heldRun(owner), await heldRun(owner)];
	const rows = noRows();
	for (const { id } of [alone, withEvents])
		rows.checkpoints.push({ thread: id, ns: "", id: randomUUID(), parent: null, checkpoint: {}, metadata: {} });
	const events = [{ seq: 1, at: new Date(), body: started }];
	let saving = Promise.resolve(new Set<string>());
	await base.db.transaction(async (tx) => {
		await removeRuns(tx, [alone.id, withEvents.id]);
		saving = commitBatch(base.db, {
			owner,
			entries: [{ runId: withEvents.id, attempt: 1, events, ending: null }],
			rows,
		});
		await until(async () => {
			const [waiting] = await base.db.sql`select from pg_locks where not granted and locktype = 'transactionid'`;
			return waiting !== undefined;
		});
	});
	expect(await saving).toEqual(new Set());
	const left = await base.db
		.sql`select 1 from langgraph.checkpoints where thread_id in ${base.db.sql([alone.id, withEvents.id])}`;
	expect(left).toHaveLength(0);
});
