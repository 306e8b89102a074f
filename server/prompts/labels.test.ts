import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending, feedback, promptLabelMoves, runs } from "@/db/schema";
import { share, unshare } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { asJob, jobContext } from "@/server/jobs/context";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testUser } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { guardSplits } from "./service";
import { armOf } from "./service/pick";

let db: Database;
let ann: ServiceContext;
let bob: ServiceContext;
let admin: ServiceContext;
beforeAll(async () => {
	const base = await agentsDatabase();
	db = base.db;
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
const idOf = (ctx: ServiceContext) => requireUser(ctx).userId;

/** Ann's prompt with three versions, which Bob manages too. */
async function prompt(): Promise<string> {
	const { prompt: made } = await api(ann).create({ name: `P ${randomUUID()}`, body: "One" });
	for (const version of [1, 2])
		await api(ann).save({ promptId: made.id, basedOn: version, body: `Version ${version + 1}` });
	await share(ann, { kind: "prompt", resourceId: made.id, grantee: idOf(bob), level: "manage" });
	return made.id;
}
const production = { label: "production" };
const actions = async (promptId: string) =>
	(await db.orm.select().from(auditPending).where(eq(auditPending.resourceId, promptId)).orderBy(auditPending.id)).map(
		({ action }) => action,
	);
async function protectedPrompt(): Promise<string> {
	const promptId = await prompt();
	await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
	await api(ann).protectLabel({ promptId, ...production, isProtected: true, basedOn: 1 });
	return promptId;
}
const labelOf = (promptId: string) => api(ann).getLabel({ promptId, ...production });

describe("a label", () => {
	test("points to a version, and its history says who moved it when and why", async () => {
		const promptId = await prompt();
		await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0, note: "The first" });
		await api(bob).moveLabel({ promptId, ...production, version: 3, basedOn: 1, note: "Better" });
		await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 2, note: "Worse" });
		expect((await api(ann).get({ promptId })).prompt.labels).toEqual([{ name: "production", version: 1 }]);
		const { rows } = await api(ann).listMoves({ promptId });
		expect(rows.map((row) => [row.fromVersion, row.toVersion, row.movedByName, row.note])).toEqual([
			[3, 1, "Ann", "Worse"],
			[1, 3, "Bob", "Better"],
			[null, 1, "Ann", "The first"],
		]);
		expect((await actions(promptId)).filter((one) => one === "prompt.move-label")).toHaveLength(3);
		await expect(api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 3 })).rejects.toMatchObject(
			refused("CONFLICT", /already/),
		);
		await expect(api(ann).moveLabel({ promptId, ...production, version: 9, basedOn: 3 })).rejects.toMatchObject(
			refused("NOT_FOUND", /version/),
		);
		await expect(api(ann).moveLabel({ promptId, label: "latest", version: 1, basedOn: 0 })).rejects.toMatchObject(
			refused("INVALID_INPUT"),
		);
	});

	test("moved by two at once is moved by one, and the other is told", async () => {
		const promptId = await prompt();
		await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
		const moves = await Promise.allSettled(
			[2, 3].map((version) =>
				api(version === 2 ? ann : bob).moveLabel({ promptId, ...production, version, basedOn: 1 }),
			),
		);
		expect(moves.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		expect(moves.find(({ status }) => status === "rejected")).toMatchObject({ reason: refused("CHANGED") });
		expect((await labelOf(promptId)).revision).toBe(2);
	});

	test("is moved by who manages the prompt; to a stranger it is not there", async () => {
		const promptId = await prompt();
		const cara = await testContext(db, { role: "builder" });
		const move = () => api(cara).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
		await expect(move()).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(cara).getLabels({ promptId })).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(cara).listMoves({ promptId })).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(cara).usage({ promptId })).rejects.toMatchObject(refused("NOT_FOUND"));
		await share(ann, { kind: "prompt", resourceId: promptId, grantee: idOf(cara), level: "read" });
		await expect(move()).rejects.toMatchObject(refused("FORBIDDEN"));
	});

	test("goes once nothing follows it, and its history stays", async () => {
		const promptId = await prompt();
		await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
		const other = await api(ann).create({
			name: `P ${randomUUID()}`,
			body: `{{> ${(await api(ann).get({ promptId })).prompt.name}}}`,
		});
		const remove = () => api(ann).removeLabel({ promptId, ...production, basedOn: 1 });
		await expect(remove()).rejects.toMatchObject(refused("CONFLICT", /Another prompt/));
		await api(ann).save({ promptId: other.prompt.id, basedOn: 1, body: "Alone" });
		expect((await remove()).labels).toEqual([]);
		expect((await api(ann).listMoves({ promptId })).rows.map(({ act }) => act)).toEqual(["remove", "move"]);
	});
});

describe("a protected label", () => {
	test("moves once a second person lets it through; who proposed it can only take it back", async () => {
		const promptId = await protectedPrompt();
		const { labels } = await api(ann).moveLabel({ promptId, ...production, version: 2, basedOn: 2, note: "Shorter" });
		expect(labels).toMatchObject([{ version: 1, proposal: { toVersion: 2, mayReview: false, movedByName: "Ann" } }]);
		const moveId = labels[0]?.proposal?.id ?? "";
		const review = (by: ServiceContext) => api(by).reviewMove({ promptId, moveId, decision: "approve", note: "Good" });
		await expect(review(ann)).rejects.toMatchObject(refused("FORBIDDEN", /You proposed this/));
		expect((await api(bob).getLabels({ promptId })).labels[0]?.proposal?.mayReview).toBe(true);
		expect((await review(bob)).labels).toMatchObject([{ version: 2, revision: 3, proposal: null }]);
		await expect(review(bob)).rejects.toMatchObject(refused("CONFLICT", /already/));
		const [move] = (await api(ann).listMoves({ promptId })).rows;
		expect(move).toMatchObject({
			state: "done",
			movedByName: "Ann",
			reviewedByName: "Bob",
			reviewNote: "Good",
			note: "Shorter",
		});
		expect(await actions(promptId)).toEqual(
			expect.arrayContaining(["prompt.propose-label", "prompt.approve-label", "prompt.move-label"]),
		);
		await api(bob).moveLabel({ promptId, ...production, version: 3, basedOn: 3 });
		const [open] = (await api(ann).listMoves({ promptId, filter: { state: { eq: "proposed" } } })).rows;
		await api(bob).reviewMove({ promptId, moveId: open?.id ?? "", decision: "return" });
		expect(await labelOf(promptId)).toMatchObject({ version: 2, proposal: null });
	});

	test("stays where it is where the label has moved since, or either has lost the right", async () => {
		const promptId = await protectedPrompt();
		const propose = async (by: ServiceContext, basedOn: number) => {
			await api(by).moveLabel({ promptId, ...production, version: 2, basedOn });
			return (await labelOf(promptId)).proposal?.id ?? "";
		};
		const moveId = await propose(bob, 2);
		await unshare(ann, { kind: "prompt", resourceId: promptId, grantee: idOf(bob) });
		const approve = (by: ServiceContext, id: string) =>
			api(by).reviewMove({ promptId, moveId: id, decision: "approve" });
		await expect(approve(ann, moveId)).rejects.toMatchObject(refused("CONFLICT", /may not change the prompt any more/));
		await expect(approve(bob, moveId)).rejects.toMatchObject(refused("NOT_FOUND"));
		await share(ann, { kind: "prompt", resourceId: promptId, grantee: idOf(bob), level: "manage" });
		await api(ann).protectLabel({ promptId, ...production, isProtected: true, basedOn: 2 });
		await share(ann, { kind: "prompt", resourceId: promptId, grantee: idOf(admin), level: "manage" });
		await api(admin).protectLabel({ promptId, ...production, isProtected: false, basedOn: 2 });
		await expect(approve(ann, moveId)).rejects.toMatchObject(refused("CHANGED"));
		expect((await labelOf(promptId)).version).toBe(1);
	});

	test("loses its protection only by who sets what waits for approval", async () => {
		const promptId = await protectedPrompt();
		const open = (by: ServiceContext) =>
			api(by).protectLabel({ promptId, ...production, isProtected: false, basedOn: 2 });
		await expect(open(ann)).rejects.toMatchObject(refused("FORBIDDEN"));
		await share(ann, { kind: "prompt", resourceId: promptId, grantee: idOf(admin), level: "manage" });
		expect((await open(admin)).labels).toMatchObject([{ isProtected: false }]);
	});

	test("is split only as a second person says", async () => {
		const promptId = await protectedPrompt();
		await api(ann).splitLabel({ promptId, ...production, version: 2, percent: 50, basedOn: 2 });
		const { split, proposal } = await labelOf(promptId);
		expect(split).toBeNull();
		await api(bob).reviewMove({ promptId, moveId: proposal?.id ?? "", decision: "approve" });
		expect((await labelOf(promptId)).split).toMatchObject({ percent: 50, second: { version: 2 } });
	});
});

describe("a split", () => {
	test("gives each person the same side each time, and about as many as it says", () => {
		const people = Array.from({ length: 2_000 }, (_, n) => `person ${n}`);
		const sides = people.map((person) => armOf("a split", person, 20));
		expect(people.map((person) => armOf("a split", person, 20))).toEqual(sides);
		const share = sides.filter((side) => side === "second").length / people.length;
		expect(share).toBeGreaterThan(0.15);
		expect(share).toBeLessThan(0.25);
		expect(people.map((person) => armOf("another", person, 20))).not.toEqual(sides);
		// Who had it at 20 has it at 60 too.
		expect(people.every((person, at) => sides[at] === "first" || armOf("a split", person, 60) === "second")).toBe(true);
	});

	test("is stored with each run, and taken back by itself once enough people find it bad", async () => {
		const promptId = await prompt();
		await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
		const agent = await caller(ann).agents.create({
			...{ name: `A ${randomUUID()}`.slice(0, 50), access: "everyone" },
			promptLabel: { promptId, ...production },
		});
		const guard = { mostNegative: 0.5, leastFeedback: 2 };
		await api(ann).splitLabel({ promptId, ...production, version: 2, percent: 50, basedOn: 1, guard });
		const { split } = await labelOf(promptId);
		const answered: { runId: string; userId: string; arm: string }[] = [];
		while (answered.filter(({ arm }) => arm === "second").length < 2) {
			const person = await testUser(db, { role: "staff" });
			const { runId } = await startRun(await testContext(db, person), { question: "Why?", agentId: agent.id });
			const [run] = await db.orm.select().from(runs).where(eq(runs.id, runId));
			const arm = armOf(split?.id ?? "", person.userId, 50);
			expect(run).toMatchObject({ promptSplitId: split?.id, promptArm: arm });
			answered.push({ runId, userId: person.userId, arm });
		}
		const bad = answered.filter(({ arm }) => arm === "second").slice(0, 2);
		const say = (one: { runId: string; userId: string } | undefined) =>
			db.orm
				.insert(feedback)
				.values({ runId: one?.runId ?? "", userId: one?.userId ?? "", agentId: agent.id, thumb: "down" });
		const job = () => asJob({ db }, () => guardSplits(jobContext("guard-splits", randomUUID())));
		await say(bad[0]);
		await job();
		expect((await labelOf(promptId)).split).toMatchObject({ second: { down: 1 } });
		await say(bad[1]);
		await Promise.all([job(), job()]);
		expect(await labelOf(promptId)).toMatchObject({ version: 1, split: null });
		const rows = await db.orm.select().from(promptLabelMoves).where(eq(promptLabelMoves.promptId, promptId));
		expect(rows.filter(({ act }) => act === "rollback")).toMatchObject([
			{ movedBy: null, note: expect.stringMatching(/^2 of 2 people/) },
		]);
		expect((await actions(promptId)).filter((one) => one === "prompt.rollback-label")).toHaveLength(1);
		const usage = await api(ann).usage({ promptId });
		expect(usage.versions.find(({ version }) => version === 2)).toMatchObject({ down: 2 });
		expect(usage.agents).toMatchObject([{ label: "production", version: 1 }]);
	});

	test("ends by a word, and once the label moves", async () => {
		const promptId = await prompt();
		await api(ann).moveLabel({ promptId, ...production, version: 1, basedOn: 0 });
		await expect(api(ann).endSplit({ promptId, ...production, basedOn: 1 })).rejects.toMatchObject(refused("CONFLICT"));
		await api(ann).splitLabel({ promptId, ...production, version: 2, percent: 10, basedOn: 1 });
		await api(ann).endSplit({ promptId, ...production, basedOn: 2 });
		await api(ann).splitLabel({ promptId, ...production, version: 2, percent: 10, basedOn: 3 });
		await api(ann).moveLabel({ promptId, ...production, version: 2, basedOn: 4 });
		expect(await labelOf(promptId)).toMatchObject({ version: 2, split: null });
	});
});
