import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { auditEntries, runs, safetyOriginals, safetyPolicies, safetyVerdicts } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { RunResult } from "@/server/runs/contract";
import { getRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { finds, testPassage } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";
import { allOff, type CreatePolicy, type Modes } from "./contract";
import { forgetPolicies } from "./service/policies-now";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let admin: ServiceContext;
let staff: ServiceContext;
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db: base.db, requestId: randomUUID(), via: "rpc" }));

const passage = "All staff get 25 days of annual leave. Ask Ana at ana.ruiz@harbour.example about it.";
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	admin = await testContext(base.db, { role: "admin", name: "Ada" });
	staff = await testContext(base.db);
	executor = await testExecutor(base, provider, { search: finds([testPassage(passage)]) });
});
afterEach(async () => {
	const { rows } = await api(admin).safety.list({});
	for (const { id } of rows) await api(admin).safety.remove({ policyId: id });
	provider.forget();
});
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
});

const make = (modes: Partial<Modes>, more: Partial<z.input<typeof CreatePolicy>> = {}) =>
	api(admin).safety.create({
		name: `Policy ${randomUUID()}`,
		detector: "personal",
		...more,
		modes: { ...allOff, ...modes },
	});

async function ask(question: string): Promise<{ text: string; run: Awaited<ReturnType<typeof getRun>>; said: string }> {
	const { runId } = await api(staff).runs.start({ question });
	const { events, text } = await readRun(staff, runId);
	const said = events.flatMap(({ body }) => (body.type === "answer.delta" ? [body.text] : [])).join("");
	return { text, said, run: await getRun(staff, { runId }) };
}
const safetyOf = (result: RunResult | null) =>
	result?.safety?.map(({ place, action, found }) => ({ place, action, found })) ?? null;
const question = "How many days of leave do staff get?";
const told = () => JSON.stringify(provider.seen.at(-1)?.body.messages);

describe("a question", () => {
	test("that is blocked makes no run and no call, and its words are kept nowhere", async () => {
		await make({ input: "block" });
		const before = provider.seen.length;
		const asked = api(staff).runs.start({ question: "Is bo@harbour.example on leave?" });
		await expect(asked).rejects.toMatchObject({
			cause: expect.objectContaining({ code: "FORBIDDEN", message: expect.stringContaining("e-mail address") }),
		});
		expect(provider.seen.length).toBe(before);
		expect(await base.db.orm.$count(runs, eq(runs.question, "Is bo@harbour.example on leave?"))).toBe(0);
		const { rows } = await api(admin).safety.listVerdicts({});
		expect(rows[0]).toMatchObject({ place: "input", action: "blocked", found: { email: 1 }, runId: null, words: null });
		expect(JSON.stringify(rows)).not.toContain("bo@harbour");
	});

	test("that is covered reaches the model and the run with a mark; whoever may looks behind it, and the audit says so", async () => {
		await make({ input: "redact" });
		const { run } = await ask(`${question} I am bo@harbour.example.`);
		expect(run.question).toMatch(/I am \[e-mail address [a-z]{8}\]\.$/);
		expect(told()).not.toContain("bo@harbour");
		expect(safetyOf(run.result)).toEqual([{ place: "input", action: "redacted", found: { email: 1 } }]);
		const [row] = await base.db.orm.select().from(safetyOriginals).where(eq(safetyOriginals.runId, run.id));
		expect(row?.sealed).not.toContain("bo@");
		const input = { runId: run.id, reason: "They asked me to." };
		await expect(api(staff).safety.reveal(input)).rejects.toMatchObject({
			cause: expect.objectContaining({ code: "FORBIDDEN" }),
		});
		const { originals } = await api(admin).safety.reveal(input);
		expect(originals).toEqual([expect.objectContaining({ kind: "email", original: "bo@harbour.example" })]);
		const trail = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.action, "safety.reveal"));
		expect(trail.map(({ outcome, resourceId, reason }) => ({ outcome, resourceId, reason }))).toContainEqual({
			...{ outcome: "done", resourceId: run.id, reason: "They asked me to." },
		});
	});

	test("is judged by a model where one is set; where that gives no word, what blocks lets nothing on", async () => {
		const judged = { detector: "injection" as const, settings: { model: "nobody" } };
		await make({ input: "block" }, judged);
		const { run } = await ask(question);
		expect([run.state, run.answer, run.reason]).toEqual([
			"failed",
			null,
			expect.stringContaining("could not be checked"),
		]);
		const [row] = await base.db.orm.select().from(safetyVerdicts).where(eq(safetyVerdicts.runId, run.id));
		expect(row).toMatchObject({ hasFailed: true, action: "blocked" });
	});
});

describe("what is found", () => {
	test("is covered before the model hears of it; a passage that is blocked is as if it were not there", async () => {
		await make({ retrieved: "redact" });
		const { run } = await ask(question);
		expect(told()).toContain("[e-mail address");
		expect(JSON.stringify([told(), run])).not.toContain("ana.ruiz@");
		await make({ retrieved: "block" });
		expect((await ask(question)).run.result?.abstained).toBe(true);
	});
});

describe("an answer", () => {
	const leak =
		"Staff get 25 days [1]. Her card is 4111 1111 1111 1111, and her mail is eve.moss@harbour.example, thank you.";
	test("is covered across the pieces that it comes in, in what is streamed as in what stays", async () => {
		await make({ output: "redact" });
		provider.next({ text: leak, intervalMs: 1 });
		const { text, said, run } = await ask(question);
		expect(JSON.stringify([text, said, run])).not.toMatch(/4111|eve\.moss|1111/);
		expect(said).toBe(text);
		expect(text).toMatch(/^Staff get 25 days \[1\]\. Her card is \[payment card [a-z]{8}\], and her mail is \[e-mail/);
		expect(safetyOf(run.result)).toEqual([{ place: "output", action: "redacted", found: { card: 1, email: 1 } }]);
	});

	test("that is blocked is taken back, and no checkpoint keeps it", async () => {
		await make({ output: "block" });
		provider.next({ text: `${"Leave is granted by the manager [1]. ".repeat(20)}${leak}` });
		const { text, said, run } = await ask(question);
		expect([text, run.state, run.answer]).toEqual(["", "failed", null]);
		expect(run.reason).toMatch(/^The answer was held back by the policy .*payment card/);
		expect(said).not.toMatch(/4111|eve\.moss/);
		const kept = await base.db.sql`select 1 from langgraph.checkpoint_blobs
			where thread_id = ${run.id} and position(convert_to('eve.moss', 'utf8') in blob) > 0`;
		expect(kept).toEqual([]);
	});

	test("is only counted, or said to hold something, where that is all", async () => {
		await make({ output: "shadow" });
		provider.next({ text: leak });
		const counted = await ask(question);
		expect([counted.text.includes("eve.moss"), counted.run.result?.safety]).toEqual([true, undefined]);
		await make({ output: "warn" }, { keepsWords: true, settings: { kinds: ["email"] } });
		provider.next({ text: leak });
		const warned = await ask(question);
		expect(safetyOf(warned.run.result)).toEqual([{ place: "output", action: "warned", found: { email: 1 } }]);
		const { rows } = await api(admin).safety.listVerdicts({ filter: { action: { eq: "warned" } } });
		expect(rows[0]?.words).toContain("eve.moss@harbour.example");
		const { counts } = await api(admin).safety.count({});
		expect(counts.map(({ action, count }) => [action, count])).toContainEqual(["warned", 1]);
	});

	test("goes no further where a filter breaks", async () => {
		const { id } = await make({ output: "block" });
		await base.db.sql`update safety_policy_versions set settings = '{"kinds": 7}' where policy_id = ${id}`;
		await base.db.sql`update safety_policies set name = name || '!' where id = ${id}`;
		forgetPolicies(base.db);
		provider.usually({ text: "Staff get 25 days [1]." });
		const { run } = await ask(question);
		expect(run.reason ?? "").toMatch(/could not be checked/);
		await base.db.orm.delete(safetyPolicies).where(eq(safetyPolicies.id, id));
	});
});

describe("policies", () => {
	test("have versions that can hold again; who may only read changes nothing", async () => {
		const { id: policyId, ...first } = await make({ output: "warn" });
		const { settings, agentIds, keepsWords } = first;
		const change = { policyId, name: first.name, settings, agentIds, keepsWords, message: "Stricter" };
		const saved = await api(admin).safety.save({ ...change, basedOn: 1, modes: { ...allOff, output: "block" } });
		expect([saved.version, saved.modes.output]).toEqual([2, "block"]);
		const stale = api(admin).safety.save({ ...change, basedOn: 1, modes: allOff });
		await expect(stale).rejects.toMatchObject({ cause: expect.objectContaining({ code: "CHANGED" }) });
		const back = await api(admin).safety.restore({ policyId, version: 1 });
		expect([back.version, back.modes.output]).toEqual([3, "warn"]);
		const { versions } = await api(admin).safety.versions({ policyId });
		expect(versions.map(({ version, message }) => [version, message])).toEqual([
			[3, "As in version 1"],
			[2, "Stricter"],
			[1, ""],
		]);
		const builder = await testContext(base.db, { role: "builder" });
		expect((await api(builder).safety.get({ policyId })).name).toBe(first.name);
		await expect(api(builder).safety.remove({ policyId })).rejects.toMatchObject({
			cause: expect.objectContaining({ code: "FORBIDDEN" }),
		});
	});

	test("that could not be carried out are refused by their field", async () => {
		const refused = async (modes: Partial<Modes>, more: Partial<z.input<typeof CreatePolicy>>) =>
			(await make(modes, more).catch((error) => error.cause)).message;
		expect(await refused({ output: "redact" }, { detector: "injection" })).toMatch(/^modes\.output/);
		expect(await refused({ output: "warn" }, { detector: "pattern" })).toMatch(/^settings\.patterns/);
		const patterns = [{ name: "x", expression: "(" }];
		expect(await refused({}, { detector: "pattern", settings: { patterns } })).toMatch(
			/^settings\.patterns\.0\.expression/,
		);
		expect(await refused({}, { agentIds: [randomUUID()] })).toMatch(/not found/);
	});

	test("are tried with a text that nobody keeps", async () => {
		const text = "Mail ana@harbour.example.";
		const tried = await api(admin).safety.try({ detector: "personal", text });
		expect(tried).toMatchObject({ finds: [{ kind: "email", start: 5, end: 24 }] });
		expect(tried.redacted).toMatch(/^Mail \[e-mail address [a-z]{8}\]\.$/);
		const rows = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.action, "safety.try"));
		expect(JSON.stringify(rows)).not.toContain("ana@");
	});
});
