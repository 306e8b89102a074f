import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import {
	agentVersions,
	type CellState,
	datasetItems,
	datasets,
	experimentResults,
	experiments,
	experimentVariants,
	runScores,
	runs,
} from "@/db/schema";
import { share } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { asJob, jobContext } from "@/server/jobs/context";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { guardSplits } from "./service";

let db: Database;
let agentId: string;
let ann: ServiceContext;
let bob: ServiceContext;
let admin: ServiceContext;
beforeAll(async () => {
	const base = await agentsDatabase();
	({ db, agentId } = base);
	await base.checkpoints.close();
	[ann, bob, admin] = await Promise.all([
		testContext(db, { role: "builder", name: "Ann" }),
		testContext(db, { role: "builder", name: "Bob" }),
		testContext(db, { role: "admin", name: "Ada" }),
	]);
});
const caller = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }));
const api = (ctx: ServiceContext) => caller(ctx).prompts;
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;
const production = { label: "production" };

/** Ann's prompt with two versions, its label protected; Bob and the administrator manage it too. And her dataset of two items. */
async function world() {
	const { prompt } = await api(ann).create({ name: `P ${randomUUID()}`, body: "One" });
	const promptId = prompt.id;
	const { versions } = await api(ann).save({ promptId, basedOn: 1, body: "Two" });
	const scorers = [
		{ kind: "contains" as const, key: "contains" },
		{ kind: "length" as const, key: "brief", most: 9 },
	];
	const { id: datasetId } = await caller(ann).evaluations.createDataset({ name: "Leave", scorers });
	await caller(ann).evaluations.importItems({ datasetId, csv: "input,expected\nWho?,Ann\nWhat?,Leave" });
	for (const person of [bob, admin])
		await share(ann, { kind: "prompt", resourceId: promptId, grantee: requireUser(person).userId, level: "manage" });
	await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
	await api(ann).protectLabel({ promptId, ...production, isProtected: true, basedOn: 1 });
	return { promptId, datasetId, versionId: versions.find(({ version }) => version === 2)?.id ?? "" };
}
type World = Awaited<ReturnType<typeof world>>;

/** An experiment as it is once it has ended, without the way there. */
async function evaluated(
	{ datasetId, versionId }: World,
	scores: readonly number[],
	{ endedAt = sql`now()`, state = "done" as CellState } = {},
): Promise<void> {
	const [dataset] = await db.orm.select().from(datasets).where(eq(datasets.id, datasetId));
	const items = await db.orm.select().from(datasetItems).where(eq(datasetItems.datasetId, datasetId));
	const [version] = await db.orm.select().from(agentVersions).where(eq(agentVersions.agentId, agentId));
	const facts = { datasetId, datasetVersion: dataset?.version ?? 0, userId: requireUser(ann).userId, name: "E" };
	const [experiment] = await db.orm
		.insert(experiments)
		.values({ ...facts, state: "ended", endedAt, scorers: dataset?.scorers ?? [], total: scores.length })
		.returning();
	const experimentId = experiment?.id ?? "";
	const [variant] = await db.orm
		.insert(experimentVariants)
		.values({ experimentId, ordinal: 1, agentId, agentVersionId: version?.id ?? "", promptVersionId: versionId })
		.returning();
	await db.orm.insert(experimentResults).values(
		scores.map((score, at) => ({
			...{ experimentId, variantId: variant?.id ?? "", itemRowId: items[at]?.id ?? "", ordinal: at + 1, state },
			...{ score, scores: [{ scorer: "contains", score: 1, why: "" }] },
		})),
	);
}
const gate = (of: World, more: object = {}) =>
	api(ann).setGate({ promptId: of.promptId, ...production, basedOn: 2, datasetId: of.datasetId, least: 0.8, ...more });
const propose = ({ promptId }: World) => api(ann).moveLabel({ promptId, ...production, version: 2, basedOn: 3 });

test("a protected label moves only to a version that reached its score, lately, on the dataset as it is; then it is reviewed", async () => {
	const of = await world();
	const { promptId, datasetId } = of;
	const { labels } = await gate(of);
	expect(labels[0]?.gate).toEqual({ datasetId, datasetName: "Leave", scorer: null, least: 0.8, freshDays: 30 });
	await expect(propose(of)).rejects.toMatchObject(refused("CONFLICT", /80 of 100 on the dataset Leave: .*no finished/));
	await evaluated(of, [1, 1], { endedAt: sql`now() - interval '31 days'` });
	await expect(propose(of)).rejects.toMatchObject(refused("CONFLICT", /older than 30 days/));
	await evaluated(of, [1, 0.5]);
	await expect(propose(of)).rejects.toMatchObject(refused("CONFLICT", /reached 75\b/));
	await evaluated(of, [1, 1], { state: "cancelled" });
	await expect(propose(of)).rejects.toMatchObject(refused("CONFLICT", /given up/));
	await evaluated(of, [1, 0.6]);
	const proposed = await propose(of);
	const moveId = proposed.labels[0]?.proposal?.id ?? "";
	// What it was evaluated by changes while it waits.
	const { id: itemId } = (await caller(ann).evaluations.listItems({ datasetId })).rows[0] ?? { id: "" };
	await caller(ann).evaluations.changeItem({ datasetId, itemId, basedOn: 2, input: "Who else?", expected: "Bob" });
	const approve = () => api(bob).reviewMove({ promptId, moveId, decision: "approve" });
	await expect(approve()).rejects.toMatchObject(refused("CONFLICT", /changed to 3/));
	await evaluated(of, [1, 1]);
	expect((await approve()).labels[0]).toMatchObject({ version: 2 });
	// Going back is no promotion: it needs no more than its review.
	const back = await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 4 });
	await api(bob).reviewMove({ promptId, moveId: back.labels[0]?.proposal?.id ?? "", decision: "approve" });
	expect((await api(ann).getLabel({ promptId, ...production })).version).toBe(1);
});

test("one scorer can be what counts, and what failed counts as 0", async () => {
	const of = await world();
	await expect(gate(of, { scorer: "other" })).rejects.toMatchObject(refused("INVALID_INPUT", /no scorer/));
	await gate(of, { scorer: "contains" });
	await evaluated(of, [0, 0], { state: "failed" });
	await expect(propose(of)).rejects.toMatchObject(refused("CONFLICT", /by contains.*reached 0\b/));
	await evaluated(of, [0.1, 0.1]);
	await propose(of);
});

test("a gate is made by who manages the prompt, and loosened only by who sets what waits for approval", async () => {
	const of = await world();
	const { promptId, datasetId } = of;
	const bare = await api(ann).create({ name: `P ${randomUUID()}`, body: "One" });
	await api(ann).moveLabel({ promptId: bare.prompt.id, ...production, version: 1, basedOn: 0 });
	await expect(gate({ ...of, promptId: bare.prompt.id }, { basedOn: 1 })).rejects.toMatchObject(
		refused("CONFLICT", /Protect/),
	);
	await expect(api(bob).setGate({ promptId, ...production, basedOn: 2, datasetId, least: 0 })).rejects.toMatchObject(
		refused("NOT_FOUND", /dataset/),
	);
	await gate(of);
	await expect(gate(of, { basedOn: 3, least: 0 })).rejects.toMatchObject(refused("FORBIDDEN"));
	const remove = (ctx: ServiceContext) => api(ctx).removeGate({ promptId, ...production, basedOn: 3 });
	await expect(remove(ann)).rejects.toMatchObject(refused("FORBIDDEN"));
	await expect(caller(ann).evaluations.removeDataset({ datasetId })).rejects.toMatchObject(refused("CONFLICT", /gate/));
	expect((await remove(admin)).labels[0]?.gate).toBeNull();
	await caller(ann).evaluations.removeDataset({ datasetId });
});

test("a split is taken back where its second version is scored less than asked for", async () => {
	const { prompt } = await api(ann).create({ name: `P ${randomUUID()}`, body: "One" });
	const promptId = prompt.id;
	await api(ann).save({ promptId, basedOn: 1, body: "Two" });
	await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
	const guard = { leastScore: 0.7, leastScored: 2 };
	const { labels } = await api(ann).splitLabel({ promptId, ...production, version: 2, percent: 50, basedOn: 1, guard });
	const splitId = labels[0]?.split?.id ?? "";
	for (const score of [0.8, 0.4]) {
		expect(await asJob({ db }, () => guardSplits(jobContext("guard-splits", randomUUID())))).toBe(0);
		const { runId } = await startRun(ann, { question: "Who?" });
		await db.orm.update(runs).set({ promptSplitId: splitId, promptArm: "second" }).where(eq(runs.id, runId));
		await db.orm.insert(runScores).values({ runId, scorer: "figure", score });
	}
	expect((await api(ann).getLabel({ promptId, ...production })).split?.second).toMatchObject({ scored: 2, runs: 2 });
	expect(await asJob({ db }, () => guardSplits(jobContext("guard-splits", randomUUID())))).toBe(1);
	const [last] = (await api(ann).listMoves({ promptId })).rows;
	expect(last).toMatchObject({ act: "rollback", note: expect.stringContaining("60 %") });
});
