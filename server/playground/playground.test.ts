import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import type { Database } from "@/db/connection";
import { auditPending, budgetEntries, playgroundTrials, stops } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { asJob, jobContext } from "@/server/jobs/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase, until } from "@/tests/support";
import type { StartTrial, TrialEvent } from "./contract";
import { tidyTrials } from "./service";

// The environment is read once, when the first module asks for it.
const provider = await vi.hoisted(async () => {
	const { startProvider } = await import("@/tests/support/provider");
	const started = await startProvider();
	Object.assign(process.env, { QD_MODEL_URL: started.url, QD_MODEL: "stand-in", QD_MODELS: "other" });
	Object.assign(process.env, { QD_MODEL_INPUT_PRICE: "2", QD_MODEL_OUTPUT_PRICE: "8" });
	return started;
});

let db: Database;
let ann: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	ann = await testContext(db, { role: "builder", name: "Ann" });
	provider.forget();
});
afterAll(() => provider.stop());

const api = (ctx: ServiceContext, signal?: AbortSignal) =>
	createCaller({
		...contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }),
		...(signal ? { signal } : {}),
	});
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;
type Asked = z.input<typeof StartTrial>;
const start = (by: ServiceContext, asked: Asked) => api(by).playground.start(asked);

/** As a server's own caller gets it: each event with its id before it. */
type Stream = AsyncGenerator<[string, TrialEvent]>;

async function follow(by: ServiceContext, trialId: string) {
	const events: TrialEvent[] = [];
	for await (const [, data] of (await api(by).playground.follow({ trialId })) as unknown as Stream) events.push(data);
	const end = events.find((event) => event.type === "ended");
	return { text: events.map((event) => (event.type === "said" ? event.text : "")).join(""), end };
}
const budgetOf = async (id: string) =>
	(await db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, id)))[0];
const trialOf = async (id: string) =>
	(await db.orm.select().from(playgroundTrials).where(eq(playgroundTrials.id, id)))[0];

describe("a trial", () => {
	test("asks the model with the text, its values and parameters; what it took is told and settled, and its words are kept nowhere", async () => {
		const word = `rohrdommel ${randomUUID()}`;
		provider.next({ text: "Short and calm.", firstTokenMs: 20 });
		const { trialId, model } = await start(ann, {
			text: `Be {{tone}}. ${word}`,
			variables: [{ name: "tone", type: "text", isRequired: true, default: null, choices: [], description: "" }],
			values: { tone: "{{> calm}}" },
			...{ question: "How <so>?", passages: [{ name: "a.md", text: "Five days." }] },
			...{ model: "other", temperature: 0.3, maxTokens: 50 },
		});
		expect(model).toBe("other");
		expect(await budgetOf(trialId)).toMatchObject({ settled: null, reserved: expect.any(Number) });
		const { text, end } = await follow(ann, trialId);
		expect(text).toBe("Short and calm.");
		expect(end).toMatchObject({
			state: "done",
			reason: null,
			firstMs: expect.any(Number),
			costs: [{ micros: expect.any(Number), currency: null }],
		});
		const { body } = provider.seen.at(-1) ?? {};
		expect(body).toMatchObject({ model: "other", temperature: 0.3, max_tokens: 50 });
		expect(body?.messages[0]?.content).toBe(`Be {{> calm}}. ${word}`);
		expect(body?.messages[1]?.content).toBe(
			'<passage n="1" document="a.md">\nFive days.\n</passage>\n<question>\nHow &lt;so&gt;?\n</question>',
		);
		const trial = await trialOf(trialId);
		expect(trial).toMatchObject({ state: "done", asked: null });
		const settled = (trial?.inputTokens ?? 0) + (trial?.outputTokens ?? 0);
		expect(settled).toBeGreaterThan(0);
		expect(await budgetOf(trialId)).toMatchObject({ settled });
		const entries = await db.orm.select().from(auditPending).where(eq(auditPending.resourceId, trialId));
		expect(entries.map(({ action }) => action).toSorted()).toEqual(["playground.end", "playground.start"]);
		expect(JSON.stringify([trial, entries])).not.toContain("rohrdommel");
		// Asked once: who comes back is told how it ended.
		const seen = provider.seen.length;
		expect((await follow(ann, trialId)).end).toMatchObject({ state: "done", outputTokens: trial?.outputTokens });
		expect(provider.seen).toHaveLength(seen);
	});

	test("that its reader leaves is stopped, and what it took until then is settled", async () => {
		provider.next({ tokens: 2_000, intervalMs: 5 });
		const { trialId } = await start(ann, { text: "Say much." });
		const leaving = new AbortController();
		const stream = (await api(ann, leaving.signal).playground.follow({ trialId })) as unknown as Stream;
		await stream.next();
		leaving.abort();
		await stream.return(undefined);
		const trial = await until(async () => {
			const now = await trialOf(trialId);
			return now?.state === "stopped" ? now : null;
		});
		expect(trial.outputTokens).toBeGreaterThan(0);
		expect((await budgetOf(trialId))?.settled).toBe((trial.inputTokens ?? 0) + (trial.outputTokens ?? 0));
		await until(async () => provider.seen.at(-1)?.wasAborted);
	});

	test("that the model fails ends with why, in our words; one that is stopped by an administrator ends too", async () => {
		provider.next({ fault: "400" });
		const { trialId } = await start(ann, { text: "Fail." });
		expect((await follow(ann, trialId)).end).toMatchObject({
			state: "failed",
			reason: expect.stringMatching(/model/i),
		});
		expect((await budgetOf(trialId))?.settled).not.toBeNull();
		const values = { kind: "model" as const, target: "other", reason: "A test." };
		await db.orm.insert(stops).values(values);
		// What is stopped is known after 2 s at the latest.
		const halted = await until(async () => {
			const begun = await start(ann, { text: "Go on.", model: "other" });
			const { end } = await follow(ann, begun.trialId);
			return end?.state === "failed" ? end : null;
		});
		expect(halted.reason).toMatch(/An administrator has stopped this model/);
		await db.orm.delete(stops);
	});

	test("is followed by its own person only, and by one at a time", async () => {
		const { trialId } = await start(ann, { text: "Mine." });
		const bob = await testContext(db, { role: "builder" });
		await expect(follow(bob, trialId)).rejects.toMatchObject(refused("NOT_FOUND"));
		const seen = provider.seen.length;
		await Promise.all([follow(ann, trialId), follow(ann, trialId)]);
		expect(provider.seen).toHaveLength(seen + 1);
	});

	test("says what is wrong before anything is held back", async () => {
		const wrong: [Asked, keyof typeof errorTable, RegExp][] = [
			[{ text: "{{tone}}" }, "INVALID_INPUT", /{{tone}}/],
			[{ text: "{{#if}}" }, "INVALID_INPUT", /is no variable/],
			[{ text: "x", values: { tone: "calm" } }, "INVALID_INPUT", /no variable tone/],
			[{ text: "x", model: "unheard-of" }, "INVALID_INPUT", /no route or model of that name/],
			[{ text: `{{> ${randomUUID()}}}` }, "INVALID_INPUT", /that you may read/],
		];
		for (const [asked, code, why] of wrong) await expect(start(ann, asked)).rejects.toMatchObject(refused(code, why));
		await expect(start(ann, { text: "x".repeat(1024 * 1024) })).rejects.toMatchObject({ code: "BAD_REQUEST" });
		const staff = await testContext(db, { role: "staff" });
		await expect(start(staff, { text: "x" })).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await db.orm.$count(budgetEntries, eq(budgetEntries.userId, requireUser(ann).userId))).toBe(0);
	});

	test("is one of eight at most; what nobody follows gives its budget back", async () => {
		const tries = await Promise.allSettled(Array.from({ length: 12 }, () => start(ann, { text: "Wait." })));
		expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
		expect(tries.find(({ status }) => status === "rejected")).toMatchObject({
			reason: refused("LIMIT_REACHED", /At most 8/),
		});
		const mine = eq(playgroundTrials.userId, requireUser(ann).userId);
		await db.orm.update(playgroundTrials).set({ createdAt: sql`now() - interval '11 minutes'` }).where(mine);
		await asJob({ db }, () => tidyTrials(jobContext("tidy-trials", randomUUID())));
		const rows = await db.orm.select().from(playgroundTrials).where(mine);
		expect(rows.every(({ state, asked }) => state === "stopped" && asked === null)).toBe(true);
		const held = await db.orm
			.select()
			.from(budgetEntries)
			.where(eq(budgetEntries.userId, requireUser(ann).userId));
		expect(held.map(({ settled }) => settled)).toEqual(Array.from({ length: 8 }, () => 0));
	});
});

test("what stands in a playground is there again, for its own person", async () => {
	const parameters = { model: null, temperature: null, maxTokens: null };
	const bench = {
		windows: [{ id: "w0", text: "Be brief.", from: null, ...parameters }],
		...{ variables: [], values: { tone: "calm" }, question: "Why?", passages: [] },
	};
	expect(await api(ann).playground.get({})).toEqual({ bench: null });
	await api(ann).playground.keep({ bench });
	expect(await api(ann).playground.get({})).toEqual({ bench });
	expect(await api(await testContext(db, { role: "builder" })).playground.get({})).toEqual({ bench: null });
	const five = Array.from({ length: 5 }, () => bench.windows[0] ?? parameters);
	await expect(
		api(ann).playground.keep({ bench: { ...bench, windows: five as typeof bench.windows } }),
	).rejects.toMatchObject({
		code: "BAD_REQUEST",
	});
});
