import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { auditEntries } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { getRun, startRun } from "./service";
import { dropEventMonths, makeEventMonths } from "./service/months";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let ctx: ServiceContext;
beforeEach(async () => {
	base = await agentsDatabase();
	ctx = await testContext(base.db);
	return () => base.checkpoints.close();
});

const delta = (text: string) => ({ type: "answer.delta", data: { text } });

/** A run that was asked so many days ago, with three events; one that has ended took a minute. */
async function runOf(daysAgo: number, state: "succeeded" | "waiting" = "succeeded"): Promise<string> {
	const { runId } = await startRun(ctx, { question: "How long?" });
	const answer = { state, answer: "An hour.", result: null, reason: null };
	const events = [delta("An "), delta("hour."), { type: "run.ended", data: answer }];
	await base.db.orm.execute(sql`
		with asked as (
			update runs set created_at = now() - make_interval(days => ${daysAgo}), state = ${state}, last_seq = 3, answer = 'An hour.',
				ended_at = case when ${state} = 'succeeded' then now() - make_interval(days => ${daysAgo}) + interval '1 minute' end
			where id = ${runId} returning id, created_at
		) insert into run_events (run_id, run_at, seq, type, data)
		select a.id, a.created_at, e.seq, e.body ->> 'type', e.body -> 'data' from asked a,
			jsonb_array_elements(${JSON.stringify(events)}::text::jsonb) with ordinality e(body, seq)`);
	return runId;
}
const placesOf = async (runId: string) => {
	const rows = await base.db.orm.execute<{ place: string; n: number }>(
		sql`select tableoid::regclass::text as place, count(*)::int as n from run_events where run_id = ${runId} group by 1`,
	);
	return [...rows];
};

describe("months", () => {
	test("a run's events lie in the month of its question; where that is missing, in the rest until it is made", async () => {
		const [today, former] = [await runOf(0), await runOf(100)];
		const month = new Date().toISOString().slice(0, 7).replace("-", "_");
		expect(await placesOf(today)).toEqual([{ place: `run_events_${month}`, n: 3 }]);
		expect(await placesOf(former)).toEqual([{ place: "run_events_rest", n: 3 }]);
		const before = await readRun(ctx, former);
		await Promise.all([makeEventMonths(ctx), makeEventMonths(ctx)]);
		const places = await placesOf(former);
		expect(places).toEqual([{ place: expect.stringMatching(/^run_events_\d{4}_\d{2}$/), n: 3 }]);
		expect(await readRun(ctx, former)).toEqual(before);
	});

	test("a number is given once in a run, and an event without its run's moment is refused", async () => {
		const runId = await runOf(0);
		const again = sql`insert into run_events (run_id, run_at, seq, type, data)
			select id, created_at, 3, 'run.ended', '{}' from runs where id = ${runId}`;
		await expect(base.db.orm.execute(again)).rejects.toMatchObject({ cause: { code: "23505" } });
		const elsewhere = sql`insert into run_events (run_id, run_at, seq, type, data) values (${runId}, now() + interval '1 day', 4, 'x', '{}')`;
		await expect(base.db.orm.execute(elsewhere)).rejects.toMatchObject({ cause: { code: "23503" } });
	});
});

describe("retention", () => {
	test("drops months whose runs have ended long enough ago, and says so to whoever reads them", async () => {
		const [former, waits, today] = [await runOf(200), await runOf(300, "waiting"), await runOf(0)];
		await makeEventMonths(ctx);
		expect(await dropEventMonths(ctx)).toEqual([]);
		expect(await dropEventMonths(ctx, 365)).toEqual([]);
		expect(await dropEventMonths(ctx, 90)).toHaveLength(1);
		expect(await dropEventMonths(ctx, 90)).toEqual([]);
		expect([await placesOf(former), (await placesOf(waits)).length]).toEqual([[], 1]);
		expect((await readRun(ctx, today)).events).toHaveLength(3);

		const { events, text } = await readRun(ctx, former);
		expect(events).toMatchObject([{ seq: 3, body: { type: "run.ended", state: "succeeded", isAlone: true } }]);
		expect([text, (await getRun(ctx, { runId: former })).answer]).toEqual(["An hour.", "An hour."]);
		// Whoever had read some of it gets the end; whoever had all of it, nothing more.
		expect((await readRun(ctx, former, "2")).events).toHaveLength(1);
		expect((await readRun(ctx, former, "3")).events).toEqual([]);

		const told = await base.db.orm.select().from(auditEntries).where(sql`action = 'run.drop-events'`);
		expect(told).toMatchObject([{ detail: { days: 90 } }]);
	});

	test("never less than a day", async () => {
		await expect(dropEventMonths(ctx, 0)).rejects.toThrow();
	});
});
