import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending, runs } from "@/db/schema";
import { share } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";

let db: Database;
let ann: ServiceContext;
let bob: ServiceContext;
beforeAll(async () => {
	const base = await agentsDatabase();
	db = base.db;
	await base.checkpoints.close();
	[ann, bob] = await Promise.all([
		testContext(db, { role: "builder", name: "Ann" }),
		testContext(db, { role: "builder", name: "Bob" }),
	]);
});
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).evaluations;
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;

const made = async () => (await api(ann).createDataset({ name: "Ferries" })).id;

test("an item that changes stays as it was for those who look back", async () => {
	const datasetId = await made();
	const { id: itemId } = await api(ann).addItem({
		datasetId,
		input: "Which berth?",
		expected: "One",
		tags: ["a", "a"],
	});
	await api(ann).changeItem({ datasetId, itemId, basedOn: 2, input: "Which berth?", expected: "Two" });
	await expect(
		api(bob).changeItem({ datasetId, itemId, basedOn: 3, input: "Mine?", expected: "" }),
	).rejects.toMatchObject(refused("NOT_FOUND"));
	await expect(
		api(ann).changeItem({ datasetId, itemId, basedOn: 2, input: "Late", expected: "" }),
	).rejects.toMatchObject(refused("CHANGED"));
	const { rows } = await api(ann).listItems({ datasetId });
	expect(rows).toMatchObject([{ id: itemId, ordinal: 1, expected: "Two", fromVersion: 3, changedByName: "Ann" }]);
	await api(ann).removeItem({ datasetId, itemId });
	expect((await api(ann).listItems({ datasetId })).rows).toEqual([]);
	const { states } = await api(ann).itemHistory({ datasetId, itemId });
	expect(states.map(({ expected, fromVersion, toVersion, tags }) => [expected, fromVersion, toVersion, tags])).toEqual([
		["Two", 3, 4, []],
		["One", 2, 3, ["a"]],
	]);
	await expect(api(ann).removeItem({ datasetId, itemId })).rejects.toMatchObject(refused("NOT_FOUND"));
	const told = await db.orm.select().from(auditPending).where(eq(auditPending.resourceId, datasetId));
	expect(told.map(({ action }) => action)).toEqual(
		expect.arrayContaining(["dataset.create", "dataset.add-item", "dataset.change-item", "dataset.remove-item"]),
	);
	// What it says may be words of a chat: the audit tells only that it changed.
	expect(JSON.stringify(told)).not.toMatch(/berth/);
});

test("a CSV file is brought whole or not at all, and taken along without formulas", async () => {
	const datasetId = await made();
	const csv = 'Input,expected,tags\n"Which berth, and when?",=1+1,sea; sky\nWho?,Ann,\nWho?,Bob,\n';
	expect(await api(ann).importItems({ datasetId, csv })).toEqual({ added: 2, skipped: 1 });
	expect(await api(ann).importItems({ datasetId, csv })).toEqual({ added: 0, skipped: 3 });
	const taken = await api(ann).exportItems({ datasetId, format: "csv" });
	expect(taken.content).toContain(`"Which berth, and when?","'=1+1","","sea;sky"`);
	const other = await made();
	await api(ann).importItems({ datasetId: other, csv: taken.content });
	const { rows } = await api(ann).listItems({ datasetId: other, filter: { tag: { eq: "sky" } } });
	expect(rows).toMatchObject([{ input: "Which berth, and when?", expected: "=1+1", tags: ["sea", "sky"] }]);
	const lines = (await api(ann).exportItems({ datasetId, format: "jsonl" })).content.trim().split("\n");
	expect(lines.map((line) => JSON.parse(line).input)).toEqual(["Which berth, and when?", "Who?"]);
	for (const [bad, why] of [
		["question\nWho?", /“input”/],
		["input", /no row below/],
		['input\n"Who?', /never closed/],
		[`input\nWho?\n${"x".repeat(20_001)}`, /Row 3/],
		[`input\n${"a\n".repeat(2_001)}`, /At most 2,000 rows/],
	] as const)
		await expect(api(ann).importItems({ datasetId: other, csv: bad })).rejects.toMatchObject(
			refused("INVALID_INPUT", why),
		);
	expect((await api(ann).getDataset({ datasetId: other })).items).toBe(2);
});

test("what is shared can be read; who may change it is said apart, and a stranger finds nothing", async () => {
	const datasetId = await made();
	await expect(api(bob).getDataset({ datasetId })).rejects.toMatchObject(refused("NOT_FOUND"));
	await expect(api(bob).exportItems({ datasetId })).rejects.toMatchObject(refused("NOT_FOUND"));
	expect((await api(bob).listDatasets({})).rows).toEqual([]);
	const grantee = requireUser(bob).userId;
	await share(ann, { kind: "dataset", resourceId: datasetId, grantee, level: "read" });
	expect(await api(bob).getDataset({ datasetId })).toMatchObject({ mayManage: false, ownerName: "Ann" });
	await expect(api(bob).addItem({ datasetId, input: "Who?" })).rejects.toMatchObject(refused("FORBIDDEN"));
	await share(ann, { kind: "dataset", resourceId: datasetId, grantee, level: "manage" });
	await api(bob).addItem({ datasetId, input: "Who?" });
	const staff = await testContext(db, { role: "staff" });
	await expect(api(staff).listDatasets({})).rejects.toMatchObject(refused("FORBIDDEN"));
	await api(ann).removeDataset({ datasetId });
	await expect(api(bob).getDataset({ datasetId })).rejects.toMatchObject(refused("NOT_FOUND"));
});

test("an answer becomes an item for who may read its run, once", async () => {
	const datasetId = await made();
	const { runId } = await startRun(bob, { question: "Which berth is it on Sundays?" });
	await share(ann, {
		...{ kind: "dataset", resourceId: datasetId, grantee: requireUser(bob).userId, level: "manage" },
	});
	await expect(api(bob).addRun({ datasetId, runId })).rejects.toMatchObject(refused("CONFLICT", /no whole answer/));
	await db.orm.update(runs).set({ state: "succeeded", answer: "Berth two." }).where(eq(runs.id, runId));
	await expect(api(ann).addRun({ datasetId, runId })).rejects.toMatchObject(refused("NOT_FOUND", /run/));
	expect(await api(bob).addRun({ datasetId, runId, tags: ["chat"] })).toMatchObject({
		...{ input: "Which berth is it on Sundays?", expected: "Berth two.", sourceRunId: runId, tags: ["chat"] },
	});
	await expect(api(bob).addRun({ datasetId, runId })).rejects.toMatchObject(refused("CONFLICT", /already/));
});
