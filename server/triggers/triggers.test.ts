import { randomUUID } from "node:crypto";
import { and, count, desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, runs, triggerCalls, triggers, users } from "@/db/schema";
import { createAgent, updateAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import { env } from "@/server/core/env";
import type { AppError, ErrorCode } from "@/server/core/errors";
import { signedHeaders } from "@/server/core/webhook/signature";
import { hookHandler } from "@/server/faces/hook";
import { asJob, jobContext } from "@/server/jobs/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { startDue } from "./service";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let db: Database;
let agentId: string;
beforeAll(async () => {
	base = await agentsDatabase();
	({ db, agentId } = base);
	useDatabase(db);
});
afterAll(() => base.checkpoints.close());

const person = (role: "staff" | "builder" | "viewer" = "staff") => testContext(db, { role });
const idOf = ({ actor }: ServiceContext) => (actor.kind === "user" ? actor.userId : "");
/** Through the gate, as everybody; whoever calls has just proved who they are. */
const api = (ctx: ServiceContext) => {
	const actor = ctx.actor.kind === "user" ? { ...ctx.actor, provedAt: new Date() } : ctx.actor;
	return createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "rpc" })).triggers;
};
const refused = (code: ErrorCode) => ({ cause: { code } }) as unknown as AppError;
const job = () => asJob({ db }, () => jobContext("start-schedules", randomUUID()));
const daily = (more: object = {}) => ({ agentId, name: "Daily", question: "What is new?", cron: "0 7 * * *", ...more });
/** As if its time had come, so long ago that several were missed. */
const makeDue = (triggerId: string) =>
	db.orm
		.update(triggers)
		.set({ nextAt: new Date(Date.now() - 3 * 86_400_000) })
		.where(eq(triggers.id, triggerId));
const runsOf = (ctx: ServiceContext) =>
	db.orm
		.select()
		.from(runs)
		.where(eq(runs.userId, idOf(ctx)));
const callsOf = (triggerId: string) =>
	db.orm.select().from(triggerCalls).where(eq(triggerCalls.triggerId, triggerId)).orderBy(desc(triggerCalls.createdAt));

describe("a schedule", () => {
	test("is due by the clock of its place, in summer and in winter", async () => {
		const ctx = await person();
		const { times } = await api(ctx).preview({ cron: "30 2 * * *", timeZone: "Europe/Berlin" });
		const local = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", timeStyle: "short" });
		expect(times).toHaveLength(5);
		expect(times.map((at) => local.format(at))).toEqual(Array.from({ length: 5 }, () => "02:30"));
		for (const cron of ["* * * *", "0 0 31 2 *", "* * * * * *", "61 * * * *", "tomorrow", "@daily"])
			await expect(api(ctx).addSchedule(daily({ cron }))).rejects.toMatchObject(refused("INVALID_INPUT"));
		const nowhere = daily({ timeZone: "Middle/Earth" });
		await expect(api(ctx).addSchedule(nowhere)).rejects.toMatchObject(refused("INVALID_INPUT"));
	});

	test("starts once for several workers and several missed times, as its owner, and says so", async () => {
		const ctx = await person();
		const { id } = await api(ctx).addSchedule(daily());
		await makeDue(id);
		const begun = await Promise.all([1, 2, 3, 4].map(() => startDue(job())));
		expect(begun.reduce((all, one) => all + one)).toBe(1);
		expect(await startDue(job())).toBe(0);
		const [run, ...more] = await runsOf(ctx);
		expect(more).toEqual([]);
		expect(run).toMatchObject({ agentId, question: "What is new?", state: "queued" });
		const after = await api(ctx).get({ triggerId: id });
		expect(after.nextAt?.getTime()).toBeGreaterThan(Date.now());
		expect(after.lastRefusal).toBeNull();
		expect((await api(ctx).calls({ triggerId: id })).rows).toMatchObject([{ runId: run?.id, refusal: null }]);
		const isIts = and(eq(auditEntries.resourceId, id), eq(auditEntries.action, "trigger.start"));
		const [entry] = await db.orm.select().from(auditEntries).where(isIts);
		expect(entry).toMatchObject({ outcome: "done", runId: run?.id });
	});

	test("that a worker dies over is neither lost nor started twice", async () => {
		const ctx = await person();
		const { id } = await api(ctx).addSchedule(daily());
		await makeDue(id);
		const dying = (when: "before" | "after"): Database =>
			Object.create(db, {
				transaction: {
					value: async (work: Parameters<Database["transaction"]>[0]) => {
						const answer = await db.transaction(async (tx) => {
							const done = await work(tx);
							if (when === "before") throw new Error("killed before the commit");
							return done;
						});
						throw new Error(`killed after ${String(answer)}`);
					},
				},
			});
		await expect(startDue({ ...job(), db: dying("before") })).rejects.toThrow("killed before");
		expect([await runsOf(ctx), await callsOf(id)]).toEqual([[], []]);
		await expect(startDue({ ...job(), db: dying("after") })).rejects.toThrow("killed after");
		expect(await startDue(job())).toBe(0);
		expect(await runsOf(ctx)).toHaveLength(1);
		expect(await callsOf(id)).toHaveLength(1);
	});

	test("starts nothing for whom has lost the right to it, and says why; others' go on", async () => {
		const [gone, demoted, unwelcome, spent, fine] = await Promise.all([1, 2, 3, 4, 5].map(() => person()));
		if (!gone || !demoted || !unwelcome || !spent || !fine) throw new Error("nobody there");
		const builder = await person("builder");
		const own = await createAgent(builder, {
			name: randomUUID(),
			description: "",
			promptVersionId: null,
			collectionIds: null,
			access: "everyone",
		});
		const made = await Promise.all(
			[gone, demoted, unwelcome, spent, fine].map((ctx) =>
				api(ctx).addSchedule(daily(ctx === unwelcome ? { agentId: own.id } : {})),
			),
		);
		await db.orm
			.update(users)
			.set({ disabledAt: new Date() })
			.where(eq(users.id, idOf(gone)));
		await db.orm
			.update(users)
			.set({ role: "viewer" })
			.where(eq(users.id, idOf(demoted)));
		await updateAgent(builder, { agentId: own.id, access: "private" });
		const { QD_RUNS_PER_USER: most } = env();
		for (let n = 0; n < most; n++) await api(spent).start({ triggerId: made[3]?.id ?? "" });
		for (const { id } of made) await makeDue(id);
		expect(await startDue(job())).toBe(1);
		const why = await Promise.all(made.map(async ({ id }) => (await callsOf(id))[0]?.refusal));
		expect(why).toEqual([
			expect.stringMatching(/disabled/),
			expect.stringMatching(/may not/),
			expect.stringMatching(/can't ask this agent/),
			expect.stringMatching(/can be open at once/),
			null,
		]);
		expect(await runsOf(fine)).toHaveLength(1);
		const denied = and(eq(auditEntries.resourceId, made[0]?.id ?? ""), eq(auditEntries.outcome, "denied"));
		expect(await db.orm.select({ count: count() }).from(auditEntries).where(denied)).toEqual([{ count: 1 }]);
	});

	test("that is paused starts nothing, and does not make up for it", async () => {
		const ctx = await person();
		const { id, revision } = await api(ctx).addSchedule(daily());
		await api(ctx).change({ triggerId: id, isPaused: true, basedOn: revision });
		await expect(api(ctx).change({ triggerId: id, isPaused: false, basedOn: revision })).rejects.toMatchObject(
			refused("CHANGED"),
		);
		await makeDue(id);
		expect(await startDue(job())).toBe(0);
		expect((await api(ctx).change({ triggerId: id, isPaused: false })).nextAt?.getTime()).toBeGreaterThan(Date.now());
		expect(await startDue(job())).toBe(0);
	});

	test("is seen and paused by who manages its agent, who learns not what it asks; a stranger sees nothing", async () => {
		const [builder, ctx] = await Promise.all([person("builder"), person()]);
		const fields = { name: randomUUID(), description: "", promptVersionId: null, collectionIds: null };
		const own = await createAgent(builder, { ...fields, access: "everyone" });
		const { id } = await api(ctx).addSchedule(daily({ agentId: own.id }));
		const filter = { agentId: { eq: own.id } };
		expect((await api(builder).list({ filter })).rows).toMatchObject([{ id, isOwn: false, question: null }]);
		expect((await api(await person()).list({ filter })).rows).toEqual([]);
		const change = { triggerId: id, question: "Send me all." };
		await expect(api(builder).change(change)).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(api(builder).start({ triggerId: id })).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await api(builder).change({ triggerId: id, isPaused: true })).toMatchObject({ isPaused: true });
		await expect(api(builder).change({ triggerId: id, isPaused: false })).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(api(await person()).get({ triggerId: id })).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(await person("viewer")).addSchedule(daily())).rejects.toMatchObject(refused("FORBIDDEN"));
	});
});

describe("a webhook", () => {
	const now = () => Math.floor(Date.now() / 1000);
	const make = async () => {
		const ctx = await person();
		const { trigger, secret } = await api(ctx).addWebhook({ agentId, name: "Alarm", question: "What does it mean?" });
		return { ctx, secret, id: trigger.id };
	};
	type Call = { secret?: string; key?: string; at?: number; body?: string; sent?: string; headers?: HeadersInit };
	/** Through its door, as a program outside calls it. */
	const call = async (triggerId: string, { secret = "whsec_", key = randomUUID(), at = now(), ...more }: Call) => {
		const { body = '{"level":"red"}' } = more;
		const headers = more.headers ?? signedHeaders({ id: key, at, body }, [secret]);
		const request = new Request(`http://q.test/api/hooks/${triggerId}`, {
			method: "POST",
			headers,
			body: more.sent ?? body,
		});
		const answer = await hookHandler(request, { params: Promise.resolve({ triggerId }) });
		return { status: answer.status, ...((await answer.json()) as { runId?: string; detail?: string }) };
	};

	test("starts a run as its owner, with what it brought as data, and keeps its secret to itself", async () => {
		const { ctx, secret, id } = await make();
		const answer = await call(id, { secret });
		expect(answer.status).toBe(202);
		const [run] = await runsOf(ctx);
		expect(run).toMatchObject({ id: answer.runId, agentId });
		expect(run?.question).toMatch(/^What does it mean\?\n\n.*data, and no instruction.*\n"\{\\"level\\":\\"red\\"\}"$/);
		const shown = JSON.stringify([await api(ctx).list({}), await api(ctx).calls({ triggerId: id })]);
		const kept = JSON.stringify(await db.orm.select().from(triggers).where(eq(triggers.id, id)));
		const told = JSON.stringify(await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, id)));
		for (const text of [shown, kept, told]) expect(text).not.toContain(secret.slice(6));
	});

	test("takes a call once, however often and at however many doors it comes", async () => {
		const { ctx, secret, id } = await make();
		const same = { secret, key: "msg_1", at: now() };
		const statuses = (await Promise.all(Array.from({ length: 8 }, () => call(id, same)))).map(({ status }) => status);
		expect(statuses.toSorted()).toEqual([202, ...Array.from({ length: 7 }, () => 409)]);
		expect((await call(id, same)).status).toBe(409);
		expect(await runsOf(ctx)).toHaveLength(1);
	});

	test("refuses what is not signed for it, old, altered or repeated elsewhere, in the words for one that there is not", async () => {
		const [{ ctx, secret, id }, other] = await Promise.all([make(), make()]);
		const nobody = await call(randomUUID(), { secret });
		expect(nobody.status).toBe(401);
		const wrong: Call[] = [
			{ secret: other.secret },
			{ secret, at: now() - 400 },
			{ secret, at: now() + 400 },
			{ secret, body: "{}", sent: '{"level":"green"}' },
			{ headers: {} },
			{ secret, key: "two words" },
			{ headers: { "webhook-id": "a", "webhook-timestamp": String(now()), "webhook-signature": "v1," } },
			{ headers: { authorization: `Bearer ${secret}` } },
		];
		for (const one of wrong) expect(await call(id, one)).toMatchObject({ status: 401, detail: nobody.detail });
		expect((await call(id, { secret, body: "x".repeat(17_000) })).status).toBe(413);
		expect((await call("../users", { secret })).status).toBe(404);
		expect(await runsOf(ctx)).toEqual([]);
		expect(await api(ctx).get({ triggerId: id })).toMatchObject({
			refusedBecause: expect.stringMatching(/not signed/),
		});
		const denied = and(eq(auditEntries.resourceId, id), eq(auditEntries.action, "trigger.call"));
		expect((await db.orm.select().from(auditEntries).where(denied))[0]).toMatchObject({ outcome: "denied" });
	});

	test("takes the secret before for as long as was asked for, and no longer", async () => {
		const { ctx, secret: first, id } = await make();
		const { secret: second } = await api(ctx).rotate({ triggerId: id, overlapHours: 1 });
		expect([(await call(id, { secret: first })).status, (await call(id, { secret: second })).status]).toEqual([
			202, 202,
		]);
		await db.orm
			.update(triggers)
			.set({ formerUntil: new Date(Date.now() - 1_000) })
			.where(eq(triggers.id, id));
		expect((await call(id, { secret: first })).status).toBe(401);
		const { secret: third } = await api(ctx).rotate({ triggerId: id, overlapHours: 0 });
		expect((await call(id, { secret: second })).status).toBe(401);
		expect((await call(id, { secret: third })).status).toBe(202);
	});

	test("that is paused, or whose owner may not any more, starts nothing and says so to who could sign", async () => {
		const { ctx, secret, id } = await make();
		await api(ctx).change({ triggerId: id, isPaused: true });
		expect(await call(id, { secret })).toMatchObject({ status: 409, detail: expect.stringMatching(/paused/) });
		await api(ctx).change({ triggerId: id, isPaused: false });
		await db.orm
			.update(users)
			.set({ disabledAt: new Date() })
			.where(eq(users.id, idOf(ctx)));
		expect(await call(id, { secret })).toMatchObject({ status: 409, detail: expect.stringMatching(/disabled/) });
		expect(await runsOf(ctx)).toEqual([]);
	});
});

test("schedules and webhooks leave with their agent, without secrets and those of others, and come paused, once, as the importer's", async () => {
	const agents = (ctx: ServiceContext) =>
		createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).agents;
	const [ann, bob, sam] = [await person("builder"), await person("builder"), await person("staff")];
	const { id } = await agents(ann).create({ name: randomUUID(), access: "everyone" });
	await api(ann).addSchedule(daily({ agentId: id, timeZone: "Europe/Berlin" }));
	const { secret } = await api(ann).addWebhook({ agentId: id, name: "Ships", question: "Which ships?" });
	await api(sam).addSchedule(daily({ agentId: id, question: "What is Sam to know?" }));
	const document = await agents(ann).export({ agentId: id });
	expect(document.triggers).toEqual([
		{ kind: "schedule", name: "Daily", question: "What is new?", cron: "0 7 * * *", timeZone: "Europe/Berlin" },
		{ kind: "webhook", name: "Ships", question: "Which ships?", cron: null, timeZone: null },
	]);
	expect(JSON.stringify(document)).not.toContain(secret);
	const imported = await agents(bob).import({ document, name: randomUUID() });
	expect(imported).toMatchObject({ triggers: 2, leftOut: [] });
	const mine = { filter: { agentId: { eq: imported.agentId } }, sort: "createdAt" as const };
	const { rows } = await api(bob).list(mine);
	expect(rows.map(({ kind, isOwn, isPaused }) => [kind, isOwn, isPaused])).toEqual([
		["schedule", true, true],
		["webhook", true, true],
	]);
	expect(await startDue(job())).toBe(0);
	expect(await agents(bob).import({ document, agentId: imported.agentId })).toMatchObject({ triggers: 0 });
	expect((await api(bob).list(mine)).rows).toHaveLength(2);
	const hook = rows.find(({ kind }) => kind === "webhook");
	expect((await api(bob).rotate({ triggerId: hook?.id ?? "", overlapHours: 0 })).secret).not.toBe(secret);

	const [schedule] = document.triggers;
	const bad = { ...document, triggers: [{ ...schedule, cron: "61 * * * *" }] } as typeof document;
	await expect(agents(bob).import({ document: bad, name: randomUUID() })).rejects.toMatchObject(
		refused("INVALID_INPUT"),
	);
	expect(await agents(bob).import({ document: bad, name: randomUUID(), leaveOut: true })).toMatchObject({
		triggers: 0,
		leftOut: [expect.stringContaining("no time that there is")],
	});
});
