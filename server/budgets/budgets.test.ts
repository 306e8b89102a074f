import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { approvalRules, approvals, auditPending, budgets, groups } from "@/db/schema";
import { approve, reject, saveRule } from "@/server/approvals/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { AppError } from "@/server/core/errors";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase } from "@/tests/support";
import { tokensOfADay } from "./contract";

let db: Database;
let ada: ServiceContext;
let ben: ServiceContext;
let staff: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	ada = await testContext(db, { role: "admin", name: "Ada" });
	ben = await testContext(db, { role: "admin", name: "Ben" });
	staff = await testContext(db, { name: "Sam" });
});

const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).budgets;
const approvalsOf = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).approvals;
const removeRules = () => db.orm.delete(approvalRules);
const userOf = (ctx: ServiceContext) => requireUser(ctx).userId;
const refused = (code: AppError["code"]) => ({ cause: expect.objectContaining({ code }) });
const money = { measure: "money", span: "month", currency: "EUR", most: 20_000_000 } as const;

describe("budgets", () => {
	test("are made, changed and removed by who may, each with its audit; of one kind there is one", async () => {
		const scope = { subjectKind: "user", subject: userOf(staff), ...money } as const;
		await expect(api(staff).add(scope)).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(api(staff).list({})).rejects.toMatchObject(refused("FORBIDDEN"));
		const made = await api(ada).add({ ...scope, note: "Trial month" });
		expect(made).toMatchObject({ subjectName: "Sam", used: 0, held: 0, revision: 1, createdByName: "Ada" });
		expect(made.resetsAt?.toISOString()).toMatch(/-01T00:00:00.000Z$/);
		await expect(api(ben).add(scope)).rejects.toMatchObject(refused("CONFLICT"));
		const changed = await api(ben).change({ budgetId: made.id, most: 30_000_000, basedOn: 1 });
		expect(changed).toMatchObject({ most: 30_000_000, note: "Trial month", revision: 2 });
		const stale = api(ada).change({ budgetId: made.id, most: 1, basedOn: 1 });
		await expect(stale).rejects.toMatchObject(refused("CHANGED"));
		const { rows } = await api(ada).list({ filter: { measure: { eq: "money" } } });
		expect(rows).toMatchObject([{ id: made.id, most: 30_000_000 }]);
		await api(ada).remove({ budgetId: made.id });
		await expect(api(ada).remove({ budgetId: made.id })).rejects.toMatchObject(refused("NOT_FOUND"));
		const done = and(eq(auditPending.resourceId, made.id), eq(auditPending.outcome, "done"));
		const entries = await db.orm.select().from(auditPending).where(done);
		expect(entries.map(({ action, before, after }) => [action, before, after])).toMatchObject([
			["budget.create", null, { most: 20_000_000 }],
			["budget.update", { most: 20_000_000 }, { most: 30_000_000 }],
			["budget.remove", { most: 30_000_000 }, null],
		]);
	});

	test.each([
		{ subjectKind: "everybody", subject: "x", ...money },
		{ subjectKind: "user", subject: "", ...money },
		{ subjectKind: "agent", subject: randomUUID(), isEach: true, ...money },
		{ subjectKind: "everybody", ...money, span: "always" },
		{ subjectKind: "everybody", measure: "tokens", span: "day", currency: "EUR", most: 1 },
		{ subjectKind: "everybody", measure: "storage", span: "day", most: 1 },
		{ subjectKind: "model", subject: "gpt", measure: "runs", span: "day", most: 1 },
		{ subjectKind: "everybody", ...money, most: -1 },
		{ subjectKind: "everybody", ...money, currency: "euro" },
	] as const)("mean something: %o does not", async (input) => {
		await expect(api(ada).add(input)).rejects.toMatchObject(refused("INVALID_INPUT"));
	});

	test.each(["user", "group", "role", "key", "agent"] as const)("name a %s that there is", async (subjectKind) => {
		for (const subject of [randomUUID(), "nobody's"])
			await expect(api(ada).add({ subjectKind, subject, ...money })).rejects.toMatchObject(refused("NOT_FOUND"));
	});
});

describe("whoever meets a limit asks for more", () => {
	const most = 5_000_000;
	const asking = (more = {}) => ({ limitId: tokensOfADay, most, reason: "The yearly report", ...more });
	const approvalOf = async (id: string | null) =>
		(
			await db.orm
				.select()
				.from(approvals)
				.where(eq(approvals.id, id ?? ""))
		)[0];

	test("it waits for somebody who may set budgets; approved, it is raised with that, for them alone", async () => {
		const sam = await testContext(db, { name: "Sam" });
		const own = await api(sam).own({});
		expect(own.limits).toMatchObject([
			{
				limitId: tokensOfADay,
				most: env().QD_TOKENS_PER_USER_PER_DAY,
				name: expect.stringMatching(/^Your .* tokens today$/),
			},
		]);
		const asked = await api(sam).askForMore(asking());
		expect(asked).toMatchObject({ state: "waiting", deciders: 2 });
		// The same once more is the same request.
		expect(await api(sam).askForMore(asking())).toMatchObject({ approvalId: asked.approvalId });
		expect((await api(sam).own({})).limits[0]?.asked).toBe(asked.approvalId);
		const row = await approvalOf(asked.approvalId);
		expect(row?.effect).toMatch(
			/For Sam: raise the limit “Your 2,000,000 tokens today” to 5,000,000 tokens. Why: The yearly/,
		);
		const decision = { approvalId: row?.id ?? "", argumentsHash: row?.argumentsHash ?? "" };
		await expect(approve(sam, decision)).rejects.toMatchObject({ code: "FORBIDDEN" });
		expect(await approve(ada, decision)).toMatchObject({ state: "used", decidedByName: "Ada" });
		expect((await api(sam).own({})).limits).toMatchObject([{ most, subjectKind: "user", asked: null }]);
		expect((await api(staff).own({})).limits).toMatchObject([{ most: env().QD_TOKENS_PER_USER_PER_DAY }]);
		const raised = and(eq(auditPending.action, "budget.raise"), eq(auditPending.userId, userOf(ada)));
		const [entry] = await db.orm.select().from(auditPending).where(raised);
		expect(entry).toMatchObject({ before: { most: 2_000_000 }, after: { most }, reason: "The yearly report" });
	});

	test("a budget that many share is raised for all; who approves is policy, and nothing is done in part", async () => {
		const shared = await api(ada).add({ subjectKind: "everybody", measure: "runs", span: "day", most: 10 });
		const [group] = await db.orm.insert(groups).values({ name: "Board" }).returning({ id: groups.id });
		const rule = { tool: "budgets.askForMore", agentId: null, people: 1, needsSecond: true };
		await saveRule(ada, { ...rule, approvers: [group?.id ?? ""] });
		const asked = await api(staff).askForMore(asking({ limitId: shared.id, most: 20 }));
		expect(asked.deciders).toBe(0);
		const row = await approvalOf(asked.approvalId);
		const decision = { approvalId: row?.id ?? "", argumentsHash: row?.argumentsHash ?? "" };
		await expect(approve(ada, decision)).rejects.toMatchObject({ code: "FORBIDDEN" });
		const [before] = await db.orm.select().from(budgets).where(eq(budgets.id, shared.id));
		expect([before?.most, (await approvalOf(asked.approvalId))?.state]).toEqual([10, "pending"]);
		await reject(staff, { approvalId: decision.approvalId, reason: "Not any more" });
		await saveRule(ada, { ...rule, approvers: ["admin"] });
		const again = await api(staff).askForMore(asking({ limitId: shared.id, most: 25 }));
		const next = await approvalOf(again.approvalId);
		await approve(ben, { approvalId: next?.id ?? "", argumentsHash: next?.argumentsHash ?? "" });
		const [after] = await db.orm.select().from(budgets).where(eq(budgets.id, shared.id));
		expect(after).toMatchObject({ most: 25, revision: 2 });
	});

	test("whoever decides may change the amount, and nothing else; it is checked anew, and approved by itself", async () => {
		const shared = await api(ada).add({ subjectKind: "everybody", measure: "runs", span: "month", most: 10 });
		await removeRules();
		const asked = await api(staff).askForMore(asking({ limitId: shared.id, most: 40 }));
		const row = await approvalOf(asked.approvalId);
		const [approvalId, first] = [row?.id ?? "", row?.argumentsHash ?? ""];
		const inbox = (ctx: ServiceContext) => approvalsOf(ctx);
		expect((await inbox(ada).get({ approvalId })).raise).toMatchObject({ measure: "runs", most: 40, now: 10 });
		const change = (by: ServiceContext, more: object, argumentsHash = first) =>
			inbox(by).edit({
				...{ approvalId, argumentsHash },
				arguments: JSON.stringify({ limitId: shared.id, most: 20, reason: "The yearly report", ...more }),
			});
		await expect(change(staff, {})).rejects.toMatchObject(refused("FORBIDDEN"));
		for (const more of [
			{ most: 10 },
			{ most: -1 },
			{ most: 20.5 },
			{ reason: "Other words" },
			{ limitId: tokensOfADay },
		])
			await expect(change(ada, more)).rejects.toMatchObject(refused("INVALID_INPUT"));
		const edited = await change(ada, {});
		expect(edited).toMatchObject({ state: "pending", raise: { most: 20, now: 10 } });
		expect(edited.edit?.effect).toMatch(/to 20 runs\. Why: The yearly report/);
		// Trying it out has raised nothing, and what was looked at first is not what stands there now.
		expect((await db.orm.select().from(budgets).where(eq(budgets.id, shared.id)))[0]?.most).toBe(10);
		await expect(approve(ben, { approvalId, argumentsHash: first })).rejects.toMatchObject({ code: "CONFLICT" });
		await approve(ben, { approvalId, argumentsHash: edited.edit?.argumentsHash ?? "" });
		expect((await db.orm.select().from(budgets).where(eq(budgets.id, shared.id)))[0]?.most).toBe(20);
		expect((await inbox(staff).get({ approvalId })).edit?.byName).toBe("Ada");
	});

	test("only of what binds them, and only for more; a rejection says why", async () => {
		const others = await api(ada).add({ subjectKind: "user", subject: userOf(ben), ...money });
		await expect(api(staff).askForMore(asking({ limitId: others.id }))).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(staff).askForMore(asking({ most: 10 }))).rejects.toMatchObject(refused("INVALID_INPUT"));
		await expect(api(staff).askForMore(asking({ limitId: "x" }))).rejects.toMatchObject(refused("INVALID_INPUT"));
		const viewer = await testContext(db, { role: "viewer" });
		await expect(api(viewer).askForMore(asking())).rejects.toMatchObject(refused("FORBIDDEN"));
		const asked = await api(staff).askForMore(asking());
		await reject(ada, { approvalId: asked.approvalId ?? "", reason: "Ask in December" });
		await expect(api(staff).askForMore(asking())).rejects.toMatchObject({
			cause: expect.objectContaining({ code: "FORBIDDEN", message: expect.stringContaining("Ask in December") }),
		});
	});
});
