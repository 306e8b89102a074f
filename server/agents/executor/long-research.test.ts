import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { auditEntries, budgetEntries, runs, sessions } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { Search, SearchResult } from "@/server/knowledge/contract";
import { acceptPlan } from "@/server/research/service";
import { getRun, startRun } from "@/server/runs/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { testPassage } from "@/tests/support/passages";

// Research of an hour. Nobody waits for one here: the run's clock is put back, so that all that is read of it is as after an hour.

const question = "How many days of annual leave do staff get, and when must sick leave be reported to the manager?";
const second = "when must sick leave be reported to the manager?";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let agentId: string;
beforeAll(async () => {
	base = await agentsDatabase();
	const builder = await testContext(base.db, { role: "builder" });
	const fields = { name: "Researcher", description: "", promptVersionId: null, collectionIds: null };
	agentId = (await createAgent(builder, { ...fields, graph: "research", access: "everyone" })).id;
});
const going = new Set<{ stop: () => Promise<void> }>();
afterEach(async () => {
	await Promise.all([...going].map((executor) => executor.stop()));
	going.clear();
});
afterAll(() => base.checkpoints.close());

/** Somebody with a session that has not ended. */
async function signedIn(): Promise<ServiceContext> {
	const ctx = await testContext(base.db);
	const user = requireUser(ctx);
	const expiresAt = new Date(Date.now() + 3_600_000);
	const [session] = await base.db.orm.insert(sessions).values({ userId: user.userId, expiresAt }).returning();
	return { ...ctx, actor: { ...user, sessionId: session?.id ?? null } };
}

/** An executor in which a search for that never comes back, where one is named; with all that was searched for. */
async function work(hangsAt: string | null) {
	const searched: string[] = [];
	const search = async (_: unknown, { query }: Search): Promise<SearchResult> => {
		searched.push(query);
		if (query === hangsAt) return new Promise<never>(() => {});
		const text = /annual/.test(query)
			? "All staff get 25 days of annual leave."
			: "Sick leave is reported before nine.";
		return { passages: [testPassage(text, { chunkId: text.length })], searchedCollections: 1, degraded: null };
	};
	const executor = await testExecutor(base, null, { search });
	going.add(executor);
	return { searched, stop: executor.stop };
}

const isFound = sql`select 1 from langgraph.checkpoint_writes where channel = 'findings' and thread_id = `;

/** A run whose first question is looked into and whose second is being looked into, by an executor that is then gone. */
async function halfWay(ctx: ServiceContext): Promise<string> {
	const first = await work(second);
	const { runId } = await startRun(ctx, { question, agentId });
	await until(async () => (await getRun(ctx, { runId })).state === "waiting");
	await acceptPlan(ctx, { runId });
	await until(async () => (await base.db.orm.execute(sql`${isFound}${runId}`)).length > 0);
	const shorter = sql`now() + interval '2 seconds'`;
	await base.db.orm.update(runs).set({ leaseUntil: shorter }).where(eq(runs.id, runId));
	// It says nothing, and its heartbeat holds it.
	await until(async () => {
		const rows = await base.db.orm.execute<{ isHeld: boolean }>(
			sql`select lease_until > now() + interval '3 seconds' as "isHeld" from runs where id = ${runId}`,
		);
		return rows[0]?.isHeld;
	});
	await first.stop();
	return runId;
}

/** As if it had been started so long ago. What it waited with its plan is no time of its own, and is none here either. */
const started = (runId: string, minutesAgo: number) =>
	base.db.orm
		.update(runs)
		.set({ startedAt: sql`now() - make_interval(mins => ${minutesAgo})` })
		.where(eq(runs.id, runId));

test("a minute before its hour is over it goes on from where it was, also where its person's session has run out since", async () => {
	const ctx = await signedIn();
	const runId = await halfWay(ctx);
	await started(runId, 59);
	const ended = { expiresAt: sql`now() - interval '20 minutes'` };
	await base.db.orm
		.update(sessions)
		.set(ended)
		.where(eq(sessions.userId, requireUser(ctx).userId));
	const { searched } = await work(null);
	const { events, text } = await readRun(ctx, runId);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded", answer: text });
	expect(text).toContain("25 days");
	expect(text).toContain("before nine");
	expect(searched.some((query) => /annual/.test(query) && !query.includes(second))).toBe(false);
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
	expect(events.filter(({ body }) => body.type === "run.ended")).toHaveLength(1);
});

test("after its hour it ends and says so; what its researchers had found can still be read, and its budget is settled", async () => {
	const ctx = await signedIn();
	const runId = await halfWay(ctx);
	await started(runId, 61);
	await work(null);
	const { events } = await readRun(ctx, runId);
	const reason = "It met its cap of 60 minutes.";
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "failed", reason, result: { cap: "time" } });
	const found = events.flatMap(({ body }) => (body.type === "part.finished" ? body.text : []));
	expect(found).toEqual([expect.stringContaining("25 days")]);
	expect(events.filter(({ body }) => body.type === "run.ended")).toHaveLength(1);
	const [budget] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	expect(budget?.settled).not.toBeNull();
	const audit = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.runId, runId));
	expect(audit.map(({ action }) => action)).toEqual(["run.start", "research.accept", "run.finish"]);
});

test("somebody whose session was ended meanwhile has their research ended with it", async () => {
	const ctx = await signedIn();
	const runId = await halfWay(ctx);
	await base.db.orm
		.update(sessions)
		.set({ revokedAt: sql`now()`, revokedBecause: "ended" })
		.where(eq(sessions.userId, requireUser(ctx).userId));
	await work(null);
	await readRun(ctx, runId);
	const reason = "The session that it was started in was ended.";
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "cancelled", reason });
});
