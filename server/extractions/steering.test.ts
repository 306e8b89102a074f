import { and, eq, inArray } from "drizzle-orm";
import { expect, test } from "vitest";
import { auditEntries, extractionResults, runs } from "@/db/schema";
import { updateAgent } from "@/server/agents/service";
import { sealWaiting } from "@/server/audit/service";
import { getRun } from "@/server/runs/service";
import { setUserDisabled } from "@/server/users/service";
import { testContext, until } from "@/tests/support";
import { endedExtraction, goodAnswer, invoicesAgent, resultsOf, standExtractions } from "@/tests/support/extractions";
import { invoiceAnswer } from "@/tests/support/invoices";
import {
	advance,
	correctField,
	getExtraction,
	getHistory,
	removeExtraction,
	startExtraction,
	steerExtraction,
} from "./service";

const { world, work, person } = standExtractions();

test("whoever started it is disabled: no more of it is begun", async () => {
	const admin = await testContext(world.db, { role: "owner" });
	const { ctx, ids, collectionId, userId } = await person(1);
	const started = await startExtraction(ctx, { agentId: world.agentId, collectionId, documentIds: ids });
	await setUserDisabled(admin, { userId: userId, isDisabled: true });
	await advance(ctx, userId);
	expect(await getExtraction(ctx, { extractionId: started.id })).toMatchObject({
		state: "cancelled",
		cancelled: 1,
		reason: /disabled/,
	});
	expect(world.provider.seen).toHaveLength(0);
});

test("however often and however many at once look after it, each document is begun once, and only so many are under way", async () => {
	const { ctx, ids, collectionId, userId } = await person(9);
	const started = await startExtraction(ctx, { agentId: world.agentId, collectionId, documentIds: ids });
	const begun = await Promise.all(Array.from({ length: 6 }, () => advance(ctx, userId)));
	expect(begun.reduce((sum, one) => sum + one)).toBe(4);
	expect(await getExtraction(ctx, { extractionId: started.id })).toMatchObject({ running: 4, queued: 5 });
	// A small one goes before what is left of a large one.
	const small = await startExtraction(ctx, { agentId: world.agentId, collectionId, documentIds: ids.slice(0, 1) });
	await work();
	await endedExtraction(ctx, started);
	expect(await endedExtraction(ctx, small)).toMatchObject({ done: 1 });
	expect(world.provider.seen).toHaveLength(10);
	const made = await world.db.orm
		.select({ id: runs.id, createdAt: runs.createdAt })
		.from(runs)
		.innerJoin(extractionResults, eq(extractionResults.runId, runs.id))
		.where(inArray(extractionResults.extractionId, [started.id, small.id]));
	const [{ runId } = { runId: null }] = await resultsOf(ctx, small);
	const own = made.find(({ id }) => id === runId)?.createdAt ?? new Date(0);
	expect(made.filter(({ createdAt }) => createdAt < own)).toHaveLength(4);
});

test("paused, nothing more is begun; resumed, it goes on; given up, what is under way stops", async () => {
	const { ctx, ids, collectionId } = await person(6);
	const started = await startExtraction(ctx, { agentId: world.agentId, collectionId, documentIds: ids });
	const extractionId = started.id;
	expect(await steerExtraction(ctx, { extractionId, action: "pause" })).toMatchObject({ state: "paused", queued: 6 });
	await work();
	await until(async () => (await world.db.sql`select 1 from job_runs where state = 'completed' limit 1`).length > 0);
	expect(await getExtraction(ctx, { extractionId })).toMatchObject({ state: "paused", queued: 6, running: 0 });
	world.provider.usually({ ...goodAnswer, firstTokenMs: 60_000 });
	await steerExtraction(ctx, { extractionId, action: "resume" });
	await until(() => world.provider.seen.length === 4);
	await steerExtraction(ctx, { extractionId, action: "cancel" });
	expect(await endedExtraction(ctx, started)).toMatchObject({ state: "cancelled", cancelled: 6, done: 0 });
	expect(await steerExtraction(ctx, { extractionId, action: "cancel" })).toMatchObject({ state: "cancelled" });
	await expect(steerExtraction(ctx, { extractionId, action: "resume" })).rejects.toMatchObject({ code: "CONFLICT" });
	const open = and(
		eq(runs.state, "running"),
		inArray(
			runs.id,
			(await resultsOf(ctx, started)).flatMap(({ runId }) => runId ?? []),
		),
	);
	expect(await world.db.orm.$count(runs, open)).toBe(0);
	await removeExtraction(ctx, { extractionId });
	await expect(getExtraction(ctx, { extractionId })).rejects.toMatchObject({ code: "NOT_FOUND" });
	expect(await world.db.orm.$count(extractionResults, eq(extractionResults.extractionId, extractionId))).toBe(0);
});

test("a correction is kept with who made it and when, beside what the model read; nobody overwrites another's unseen", async () => {
	await work();
	const { ctx, ids, collectionId } = await person(1);
	world.provider.next({ text: JSON.stringify({ ...invoiceAnswer, total: { value: 7777, quote: "", confidence: 1 } }) });
	const started = await startExtraction(ctx, { agentId: world.agentId, collectionId, documentIds: ids });
	await endedExtraction(ctx, started);
	const [{ id: resultId, revision } = { id: "", revision: 0 }] = await resultsOf(ctx, started);
	const at = { extractionId: started.id, resultId };
	const corrected = await correctField(ctx, { ...at, path: "total", value: 1080.6, basedOn: revision });
	expect(corrected.fields.find(({ path }) => path === "total")).toMatchObject({
		...{ value: 1080.6, extracted: 7777, level: "high", correctedByName: "Robin Tester" },
		correctedAt: expect.any(Date),
	});
	expect(corrected.certainty).toBeGreaterThan(80);
	await expect(correctField(ctx, { ...at, path: "total", value: 1, basedOn: revision })).rejects.toMatchObject({
		code: "CHANGED",
	});
	for (const [path, value] of [
		["total", "a lot"],
		["total", null],
		["currency", "XYZ"],
		["lines.9.amount", 1],
		["iban", "x"],
		["constructor", "x"],
	] as const)
		await expect(correctField(ctx, { ...at, path, value })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await correctField(ctx, { ...at, path: "lines.1.amount", value: 451 });
	await correctField(ctx, { ...at, path: "due", value: null });
	const { corrections } = await getHistory(ctx, at);
	expect(corrections.map(({ path, before, value, byName }) => [path, before, value, byName])).toEqual([
		["due", "2026-04-11", null, "Robin Tester"],
		["lines.1.amount", 450, 451, "Robin Tester"],
		["total", 7777, 1080.6, "Robin Tester"],
	]);
	await sealWaiting(world.db);
	const entries = await world.db.orm.select().from(auditEntries).where(eq(auditEntries.action, "extraction.correct"));
	expect(JSON.stringify(entries)).not.toMatch(/1080|7777/);
});

test("the fields are those of the version that it began with, whatever the agent becomes meanwhile", async () => {
	const agent = await invoicesAgent(world.builder, "Invoices that change");
	const { ctx, ids, collectionId } = await person(1);
	const started = await startExtraction(ctx, { agentId: agent.id, collectionId, documentIds: ids });
	await updateAgent(world.builder, {
		agentId: agent.id,
		extractSchema: { type: "object", properties: { other: { type: "string" } } },
	});
	await work();
	await endedExtraction(ctx, started);
	const [result] = await resultsOf(ctx, started);
	expect(result?.fields.map(({ path }) => path)).toContain("invoice_no");
	expect(await getRun(ctx, { runId: result?.runId ?? "" })).toMatchObject({ agentVersion: 1 });
});
