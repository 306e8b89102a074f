import { randomUUID } from "node:crypto";
import { eq, inArray, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "@/db/connection";
import { budgetEntries, experimentResults, onlineScorings, runScores, runs, threads } from "@/db/schema";
import { share } from "@/server/access/service";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { createAgent, insertAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { inngest } from "@/server/jobs/client";
import { asJob, jobContext } from "@/server/jobs/context";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, testExecutor } from "@/tests/support/agents";
import { setModel } from "@/tests/support/extractions";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { type Provider, startProvider } from "@/tests/support/provider";
import type { Scorer } from "./contract";
import { evaluationJobs } from "./jobs";
import { advance, judgeNext, scoreEnded } from "./service";

let db: Database;
let checkpoints: Checkpoints;
let agentId: string;
let provider: Provider;
let ann: ServiceContext;
beforeAll(async () => {
	provider = await startProvider();
	setModel(provider.url);
	({ db, checkpoints, agentId } = await agentsDatabase());
	ann = await testContext(db, { role: "builder", name: "Ann" });
});
afterAll(async () => {
	setModel(undefined);
	await provider.stop();
	await checkpoints.close();
});
beforeEach(async () => {
	await emptyJobs(db);
	provider.forget();
});
const caller = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }));
const api = (ctx: ServiceContext) => caller(ctx).evaluations;
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;
const idOf = (ctx: ServiceContext) => requireUser(ctx).userId;
const inJob = <T>(work: (ctx: ServiceContext) => Promise<T>): Promise<T> =>
	asJob({ db }, () => work(jobContext("work-experiments", randomUUID())));

const contains: Scorer = { kind: "contains", key: "contains" };
const judge: Scorer = { kind: "judge", key: "judge", rubric: "Right and brief.", model: null };

async function dataset(ctx: ServiceContext, count: number, scorers: Scorer[] = [contains]): Promise<string> {
	const { id: datasetId } = await api(ctx).createDataset({ name: `Leave ${randomUUID()}`, scorers });
	const rows = Array.from({ length: count }, (_, n) => `Question ${n + 1}?,25 days`);
	await api(ctx).importItems({ datasetId, csv: `input,expected\n${rows.join("\n")}` });
	return datasetId;
}
/** Two versions of a prompt: by the second one the stand-in answers right. */
async function twoVersions(ctx: ServiceContext): Promise<string[]> {
	const { prompt } = await caller(ctx).prompts.create({ name: `P ${randomUUID()}`, body: "Speak as one." });
	await caller(ctx).prompts.save({ promptId: prompt.id, basedOn: 1, body: "Speak as two." });
	const { versions } = await caller(ctx).prompts.get({ promptId: prompt.id });
	return versions.toSorted((a, b) => a.version - b.version).map(({ id }) => id);
}
function answering(): void {
	provider.when("Speak as one.", { text: "All staff get some leave [1]." });
	provider.when("Speak as two.", { text: "All staff get 25 days of annual leave [1]." });
	provider.when("You judge one answer", { text: '{"rating": 2, "why": "It says no figure."}' });
	provider.when("get 25 days of annual leave [1]", { text: '{"rating": 5, "why": "Right."}' });
}
async function work(): Promise<void> {
	const executor = await testExecutor({ db, checkpoints }, provider);
	onTestFinished(() => executor.stop());
	await testEngine(db, inngest, [...evaluationJobs]);
}
const ended = (ctx: ServiceContext, experimentId: string) =>
	until(async () => {
		const now = await api(ctx).getExperiment({ experimentId });
		return now.state === "running" || now.open > 0 ? null : now;
	});

/** Each call of a judge stands in the trace of the run that it judges. */
async function tracesOfJudged(experimentId: string): Promise<void> {
	const results = await db.orm
		.select({ runId: experimentResults.runId })
		.from(experimentResults)
		.where(eq(experimentResults.experimentId, experimentId));
	expect(results).toHaveLength(6);
	for (const { runId } of results)
		await until(async () => {
			const { spans } = await caller(ann).traces.spans({ traceId: runId ?? "" });
			const root = spans.find(({ parentId }) => parentId === undefined);
			const step = spans.find(({ name }) => name === "Judge the answer");
			const call = spans.find(({ kind, parentId }) => kind === "model" && parentId === step?.id);
			return root && step?.parentId === root.id && call?.inputTokens ? true : null;
		});
}

test("two versions of a prompt are asked the same, measured by rules and by a judge, and compared", async () => {
	answering();
	await work();
	const datasetId = await dataset(ann, 3, [contains, judge]);
	const promptVersionIds = await twoVersions(ann);
	const started = await api(ann).startExperiment({ datasetId, agentIds: [agentId], promptVersionIds });
	expect(started).toMatchObject({ state: "running", total: 6, datasetVersion: 2, isMine: true });
	const experiment = await ended(ann, started.id);
	expect(experiment).toMatchObject({ state: "ended", done: 6, failed: 0 });
	expect(
		experiment.variants.map(({ promptVersion, scores }) => [promptVersion, ...scores.map(({ mean }) => mean)]),
	).toEqual([
		[1, 0, 0.25],
		[2, 1, 1],
	]);
	await tracesOfJudged(started.id);
	const [first, second] = experiment.variants.map(({ id }) => id);
	const comparison = await api(ann).compare({ firstId: first ?? "", secondId: second ?? "", scorer: "contains" });
	expect(comparison).toMatchObject({ count: 3, difference: 1, better: 3, worse: 0, isSignificant: false });
	expect(comparison.p).toBeCloseTo(0.25);
	expect(comparison.told).toMatch(/could not be chance/);
	const { rows } = await api(ann).listResults({ experimentId: started.id, sort: "ordinal" });
	expect(rows).toHaveLength(3);
	expect(rows[0]?.cells.map(({ answer, scores }) => [answer, scores.map(({ why }) => why)])).toEqual([
		["All staff get some leave [1].", [expect.stringContaining("lacks"), "It says no figure."]],
		["All staff get 25 days of annual leave [1].", [expect.stringContaining("has what"), "Right."]],
	]);
	expect((await api(ann).listResults({ experimentId: started.id, filter: { isLow: { eq: true } } })).rows).toHaveLength(
		3,
	);
	// Each is a run of hers, which no list of chats shows, and what it took is settled.
	const runIds = rows.flatMap(({ cells }) => cells.map(({ runId }) => runId ?? ""));
	const made = await db.orm
		.select({ isCall: threads.isCall, userId: runs.userId, promptVersionId: runs.promptVersionId })
		.from(runs)
		.innerJoin(threads, eq(threads.id, runs.threadId))
		.where(inArray(runs.id, runIds));
	expect(made).toHaveLength(6);
	expect(made.every(({ isCall, userId }) => isCall && userId === idOf(ann))).toBe(true);
	expect(new Set(made.map(({ promptVersionId }) => promptVersionId))).toEqual(new Set(promptVersionIds));
	const budget = await db.orm
		.select()
		.from(budgetEntries)
		.where(eq(budgetEntries.userId, idOf(ann)));
	expect(budget.length).toBeGreaterThanOrEqual(12);
	expect(budget.every(({ settled, reserved }) => settled !== null && settled > 0 && settled <= reserved)).toBe(true);
	await api(ann).removeExperiment({ experimentId: started.id });
	expect(await db.orm.$count(runs, inArray(runs.id, runIds))).toBe(0);
});

test("each answer is asked for once, whoever looks and however often; pause, cancel and retry hold", async () => {
	const cleo = await testContext(db, { role: "builder" });
	const datasetId = await dataset(cleo, 6);
	const { id: experimentId } = await api(cleo).startExperiment({ datasetId, agentIds: [agentId] });
	await Promise.all([1, 2, 3].map(() => inJob((ctx) => advance(ctx, idOf(cleo)))));
	const under = await db.orm
		.select()
		.from(experimentResults)
		.where(sql`${experimentResults.experimentId} = ${experimentId} and ${experimentResults.state} = 'running'`);
	expect(under).toHaveLength(4);
	expect(await db.orm.$count(runs, eq(runs.userId, idOf(cleo)))).toBe(4);
	await api(cleo).steerExperiment({ experimentId, action: "pause" });
	// One answers, one fails, and one is gone with its thread.
	const [one, two, three] = under.map(({ runId }) => runId ?? "");
	const now = { startedAt: sql`now()`, endedAt: sql`now()` };
	await db.orm
		.update(runs)
		.set({ state: "succeeded", answer: "25 days", ...now })
		.where(eq(runs.id, one ?? ""));
	await db.orm
		.update(runs)
		.set({ state: "failed", reason: "It broke.", ...now })
		.where(eq(runs.id, two ?? ""));
	await db.orm.delete(runs).where(eq(runs.id, three ?? ""));
	await inJob((ctx) => advance(ctx, idOf(cleo)));
	expect(await api(cleo).getExperiment({ experimentId })).toMatchObject({
		state: "paused",
		done: 1,
		failed: 2,
		open: 3,
	});
	const cancelled = await api(cleo).steerExperiment({ experimentId, action: "cancel" });
	expect(cancelled).toMatchObject({ state: "cancelled" });
	await inJob((ctx) => advance(ctx, idOf(cleo)));
	expect(await api(cleo).getExperiment({ experimentId })).toMatchObject({ done: 1, failed: 2, open: 0 });
	await expect(api(cleo).steerExperiment({ experimentId, action: "pause" })).rejects.toMatchObject(refused("CONFLICT"));
	expect(await api(cleo).steerExperiment({ experimentId, action: "retry" })).toMatchObject({
		...{ state: "running", done: 1, failed: 0, open: 5 },
	});
	const failed = await api(cleo).listResults({ experimentId, filter: { isFailed: { eq: true } } });
	expect(failed.rows).toEqual([]);
});

test("a verdict that nobody came back with is asked for again; one that has a taker is not", async () => {
	answering();
	const dora = await testContext(db, { role: "builder" });
	const datasetId = await dataset(dora, 1, [judge]);
	const { id: experimentId } = await api(dora).startExperiment({ datasetId, agentIds: [agentId] });
	await inJob((ctx) => advance(ctx, idOf(dora)));
	await db.orm
		.update(runs)
		.set({ state: "succeeded", answer: "All staff get 25 days of annual leave [1].", endedAt: sql`now()` })
		.where(eq(runs.userId, idOf(dora)));
	await inJob((ctx) => advance(ctx, idOf(dora)));
	const ofIt = eq(experimentResults.experimentId, experimentId);
	await db.orm.update(experimentResults).set({ takenUntil: sql`now() + interval '1 minute'` }).where(ofIt);
	expect(await inJob((ctx) => judgeNext(ctx, idOf(dora)))).toBe(0);
	await db.orm.update(experimentResults).set({ takenUntil: sql`now() - interval '1 second'` }).where(ofIt);
	expect(await inJob((ctx) => judgeNext(ctx, idOf(dora)))).toBe(1);
	expect(await api(dora).getExperiment({ experimentId })).toMatchObject({ state: "ended", done: 1 });
});

describe("an experiment", () => {
	test("asks nobody who may not be asked, and nothing that would have effects", async () => {
		const datasetId = await dataset(ann, 1);
		const start = (more: object) => api(ann).startExperiment({ datasetId, agentIds: [agentId], ...more });
		const fields = { description: "", promptVersionId: null, collectionIds: null, access: "private" as const };
		const armed = await createAgent(ann, { ...fields, name: `A ${randomUUID()}`, tools: ["prompts.save"] });
		await expect(start({ agentIds: [armed.id] })).rejects.toMatchObject(refused("INVALID_INPUT", /has tools/));
		const definition = { graph: "research" as const };
		const researcher = await insertAgent(db.orm, { name: `R ${randomUUID()}`, createdBy: idOf(ann), definition });
		await expect(start({ agentIds: [researcher] })).rejects.toMatchObject(refused("INVALID_INPUT", /no agent that/));
		const bob = await testContext(db, { role: "builder" });
		const hidden = await createAgent(bob, { ...fields, name: `B ${randomUUID()}` });
		await expect(start({ agentIds: [hidden.id] })).rejects.toMatchObject(refused("NOT_FOUND", /agent/));
		const [theirs = ""] = await twoVersions(bob);
		await expect(start({ promptVersionIds: [theirs] })).rejects.toMatchObject(refused("NOT_FOUND", /prompt/));
		await expect(start({ models: ["none such"] })).rejects.toMatchObject(refused("INVALID_INPUT", /no route or model/));
		await expect(api(bob).startExperiment({ datasetId, agentIds: [agentId] })).rejects.toMatchObject(
			refused("NOT_FOUND", /dataset/),
		);
		const { id: empty } = await api(ann).createDataset({ name: "Empty", scorers: [contains] });
		await expect(start({ datasetId: empty })).rejects.toMatchObject(refused("CONFLICT", /nothing in this dataset/));
	});

	test("is read by others where it is shared, its runs not; what one thinks is said before others are heard", async () => {
		const [bob, cy] = await Promise.all([
			testContext(db, { role: "builder", name: "Bob" }),
			testContext(db, { role: "staff", name: "Cy" }),
		]);
		const datasetId = await dataset(ann, 2);
		const { id: mine } = await api(ann).startExperiment({ datasetId, agentIds: [agentId] });
		const { id: experimentId } = await api(ann).startExperiment({ datasetId, agentIds: [agentId], isShared: true });
		for (const person of [bob, cy])
			await share(ann, { kind: "dataset", resourceId: datasetId, grantee: idOf(person), level: "read" });
		await inJob((ctx) => advance(ctx, idOf(ann)));
		const answer = { state: "succeeded" as const, answer: "25 days", endedAt: sql`now()` };
		await db.orm
			.update(runs)
			.set(answer)
			.where(sql`${runs.userId} = ${idOf(ann)} and ${runs.state} = 'queued'`);
		await inJob((ctx) => advance(ctx, idOf(ann)));
		await expect(api(bob).getExperiment({ experimentId: mine })).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(bob).steerExperiment({ experimentId, action: "cancel" })).rejects.toMatchObject(
			refused("NOT_FOUND"),
		);
		const cells = async (ctx: ServiceContext) =>
			(await api(ctx).listResults({ experimentId, sort: "ordinal" })).rows.flatMap((row) => row.cells);
		expect((await cells(bob)).map(({ answer: said, runId, ratings }) => [said, runId, ratings])).toEqual([
			["25 days", null, []],
			["25 days", null, []],
		]);
		expect((await api(cy).listToRate({})).rows).toMatchObject([{ id: experimentId, answers: 2, rated: 0 }]);
		await expect(api(cy).listResults({ experimentId })).rejects.toMatchObject(refused("FORBIDDEN"));
		const asked = await api(cy).nextAnswer({ experimentId });
		expect(asked).toMatchObject({ question: "Question 1?", answer: "25 days", rated: 0, answers: 2 });
		const resultId = asked.resultId ?? "";
		await api(cy).rate({ experimentId, resultId, rating: 2, comment: "No" });
		expect(await api(cy).rate({ experimentId, resultId, rating: 5, comment: "Yes" })).toMatchObject({ rated: 1 });
		// Nobody has heard Cy who has not spoken.
		for (const person of [ann, bob]) expect((await cells(person)).flatMap(({ ratings }) => ratings)).toEqual([]);
		expect((await api(bob).getExperiment({ experimentId })).agreement).toMatchObject({ people: 0, mean: null });
		await api(bob).rate({ experimentId, resultId, rating: 4 });
		expect((await cells(bob))[0]?.ratings).toEqual([
			{ byName: "Cy", rating: 5, comment: "Yes" },
			{ byName: "Bob", rating: 4, comment: "" },
		]);
		expect((await cells(ann)).flatMap(({ ratings }) => ratings)).toEqual([]);
		await api(ann).steerExperiment({ experimentId, action: "reveal" });
		expect((await cells(ann)).flatMap(({ ratings }) => ratings)).toHaveLength(2);
		await expect(api(cy).rate({ experimentId, resultId, rating: 1 })).rejects.toMatchObject(
			refused("CONFLICT", /ended/),
		);
		expect((await api(cy).listToRate({})).rows).toEqual([]);
		const stranger = await testContext(db, { role: "staff" });
		await expect(api(stranger).nextAnswer({ experimentId })).rejects.toMatchObject(refused("NOT_FOUND"));
	});
});

test("a sample of real runs is scored after they have ended, each once and by rules alone", async () => {
	const eve = await testContext(db, { role: "builder" });
	const fields = { description: "", promptVersionId: null, collectionIds: null, access: "everyone" as const };
	const { id } = await createAgent(eve, { ...fields, name: `S ${randomUUID()}` });
	const rule: Scorer = { kind: "mentions", key: "figure", words: ["25"] };
	const set = (more: object) =>
		api(eve).setScoring({ agentId: id, basedOn: 0, percent: 100, scorers: [rule], ...more });
	await expect(api(ann).setScoring({ agentId: id, basedOn: 0, percent: 5, scorers: [] })).rejects.toMatchObject(
		refused("FORBIDDEN"),
	);
	await expect(set({ scorers: [judge] })).rejects.toThrow();
	expect(await set({})).toMatchObject({ percent: 100, revision: 1, days: [] });
	await expect(set({})).rejects.toMatchObject(refused("CHANGED"));
	await db.orm.update(onlineScorings).set({ lookedUntil: sql`now() - interval '1 hour'` });
	const [good, bad, trial, open] = await Promise.all(
		[1, 2, 3, 4].map(async () => (await startRun(eve, { question: "How many days?", agentId: id })).runId),
	);
	const end = (runId: string | undefined, answer: string, more: Partial<typeof runs.$inferInsert> = {}) =>
		db.orm
			.update(runs)
			.set({ state: "succeeded", answer, endedAt: sql`now() - interval '1 minute'`, ...more })
			.where(eq(runs.id, runId ?? ""));
	await end(good, "25 days");
	await end(bad, "Some days");
	await end(trial, "25 days", { isExperiment: true });
	expect(await inJob(scoreEnded)).toBe(2);
	expect(await inJob(scoreEnded)).toBe(0);
	const scores = await db.orm
		.select({ runId: runScores.runId, score: runScores.score })
		.from(runScores)
		.where(inArray(runScores.runId, [good, bad, trial, open].map(String)))
		.orderBy(runScores.score);
	expect(scores).toEqual([
		{ runId: bad, score: 0 },
		{ runId: good, score: 1 },
	]);
	expect((await api(eve).getScoring({ agentId: id })).days).toMatchObject([{ scorer: "figure", mean: 0.5, count: 2 }]);
});
