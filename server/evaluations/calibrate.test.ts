import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending, experimentAnnotations, experimentResults, experiments, runs } from "@/db/schema";
import { calibratedBy } from "@/server/agents/contract/calibration";
import { createAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError } from "@/server/core/errors";
import { asJob, jobContext } from "@/server/jobs/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { advance } from "./service";
import { errorOf, fitLine, heldOut, type Rated } from "./service/platt";

let db: Database;
let ann: ServiceContext;
let agentId: string;
beforeAll(async () => {
	({ db } = await agentsDatabase());
	ann = await testContext(db, { role: "builder", name: "Ann" });
	const fields = { description: "", promptVersionId: null, collectionIds: null, access: "private" as const };
	({ id: agentId } = await createAgent(ann, { ...fields, name: `A ${randomUUID()}` }));
});

const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }));
const refused = (code: AppError["code"]) => ({ cause: expect.objectContaining({ code }) });

/** Answers that are as often right as `truth` says of their confidence. */
const rated = (count: number, truth: (confidence: number) => number): Rated[] =>
	Array.from({ length: count }, (_, at) => {
		const confidence = 0.05 + (0.9 * (at % 20)) / 19;
		// Spread evenly, so that no chance is in it.
		return { confidence, isRight: (at * 0.618_034) % 1 < truth(confidence) };
	});

describe("a line on the log-odds", () => {
	test("leaves alone what is right already, and mends what is too sure, never turning the order", () => {
		const honest = rated(2_000, (share) => share);
		const { slope, offset } = fitLine(honest);
		expect([slope, offset].map((one) => Math.round(one * 5) / 5)).toEqual([1, 0]);
		const tooSure = rated(2_000, (share) => share / 2);
		expect(errorOf(tooSure)).toBeGreaterThan(0.2);
		expect(errorOf(heldOut(tooSure))).toBeLessThan(0.07);
		const line = fitLine(tooSure);
		const shares = [0, 0.2, 0.5, 0.8, 1].map((share) => calibratedBy(line, share));
		expect(shares).toEqual(shares.toSorted((one, other) => one - other));
	});

	test("stays finite where all that is surer is right", () => {
		const { slope, offset } = fitLine(rated(60, (share) => (share > 0.5 ? 1 : 0)));
		expect(slope).toBeGreaterThan(1);
		expect(Number.isFinite(slope) && Number.isFinite(offset)).toBe(true);
	});
});

/** An experiment that has ended, of so many answers, each as sure as it is told and rated by Ann. */
async function experiment(count: number, answers: Rated[]): Promise<string> {
	const { id: datasetId } = await api(ann).evaluations.createDataset({
		name: `D ${randomUUID()}`,
		scorers: [{ kind: "contains", key: "contains" }],
	});
	const csv = `input,expected\n${Array.from({ length: count }, (_, at) => `Question ${at}?,25`).join("\n")}`;
	await api(ann).evaluations.importItems({ datasetId, csv });
	const { id, variants } = await api(ann).evaluations.startExperiment({ datasetId, agentIds: [agentId] });
	await asJob({ db }, () => advance(jobContext("work-experiments", randomUUID()), requireUser(ann).userId));
	const [run] = await db.orm
		.select()
		.from(runs)
		.where(eq(runs.userId, requireUser(ann).userId))
		.limit(1);
	const results = await db.orm
		.select({ id: experimentResults.id })
		.from(experimentResults)
		.where(eq(experimentResults.experimentId, id))
		.orderBy(asc(experimentResults.ordinal));
	for (const [at, { confidence, isRight }] of answers.entries()) {
		const result = {
			...{ citations: [], abstained: false, degraded: null, incomplete: false, unsupported: [], model: "m" },
			confidence: { level: "medium", score: confidence, reasons: [] },
			usage: { inputTokens: 1, outputTokens: 1 },
		};
		const runId = randomUUID();
		await db.orm
			.insert(runs)
			.values({ ...(run as typeof run & object), id: runId, state: "succeeded", answer: "25", result });
		const resultId = results[at]?.id ?? "";
		await db.orm.update(experimentResults).set({ state: "done", runId }).where(eq(experimentResults.id, resultId));
		await db.orm
			.insert(experimentAnnotations)
			.values({ resultId, userId: requireUser(ann).userId, rating: isRight ? 5 : 2 });
	}
	await db.orm.update(experiments).set({ state: "ended", revealedAt: sql`now()` }).where(eq(experiments.id, id));
	return variants[0]?.id ?? "";
}

test("an agent is calibrated by an experiment: found first, set as a new version with its audit, taken back by another", async () => {
	const variantId = await experiment(
		60,
		rated(60, (share) => share / 2),
	);
	const found = await api(ann).evaluations.findCalibration({ variantId });
	expect(found).toMatchObject({ agentId, answers: 60, why: null, calibration: { by: "people", answers: 60 } });
	expect(found.calibration?.errorAfter).toBeLessThan(found.calibration?.errorBefore ?? 0);
	expect((await api(ann).agents.get({ agentId })).answering).toEqual({});
	expect(await api(ann).evaluations.calibrate({ variantId })).toEqual(found);
	const agent = await api(ann).agents.get({ agentId });
	expect(agent).toMatchObject({ version: 2, answering: { calibration: found.calibration } });
	const [entry] = await db.orm.select().from(auditPending).where(eq(auditPending.action, "agent.update"));
	expect(entry).toMatchObject({
		resourceId: agentId,
		before: { answering: {} },
		after: { answering: agent.answering },
	});
	await api(ann).agents.update({ agentId, answering: {} });
	expect((await api(ann).agents.get({ agentId })).answering).toEqual({});
	const bob = await testContext(db, { role: "builder" });
	await expect(api(bob).evaluations.calibrate({ variantId })).rejects.toMatchObject(refused("NOT_FOUND"));
	await expect(api(ann).evaluations.findCalibration({ variantId, by: "none" })).rejects.toMatchObject(
		refused("INVALID_INPUT"),
	);
});

test("not by too few answers, nor while people rate", async () => {
	const few = await experiment(
		20,
		rated(20, (share) => share / 2),
	);
	expect(await api(ann).evaluations.findCalibration({ variantId: few })).toMatchObject({
		calibration: null,
		why: expect.stringMatching(/takes 50 answers/),
	});
	await expect(api(ann).evaluations.calibrate({ variantId: few })).rejects.toMatchObject(refused("CONFLICT"));
	await db.orm.update(experiments).set({ revealedAt: null });
	expect((await api(ann).evaluations.findCalibration({ variantId: few })).why).toMatch(/End the rating/);
});
