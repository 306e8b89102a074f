import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { basename, dirname, join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { bundleWhole } from "@/scripts/build.mjs";
import { createAgent } from "@/server/agents/service";
import { approve } from "@/server/approvals/service";
import type { ServiceContext } from "@/server/core/context";
import { createPrompt } from "@/server/prompts/service";
import { getRun, startRun } from "@/server/runs/service";
import { testContext, until, urlOf } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import type { Order } from "@/tests/support/failpoint-child";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";
import { brokenRunRules } from "./invariants";
import { type Random, seeded } from "./random";

// The worker is killed at every place in turn at which it says something to the database or the model, before and after: reserve,
// claim, model call, save, checkpoint, tool effect, record, settle, audit, commit, notify. `QD_FAILPOINT_ROUNDS=2000` for all of it.

const rounds = Number(process.env.QD_FAILPOINT_ROUNDS ?? 40);
const seed = Number(process.env.QD_FAILPOINT_SEED ?? Date.now() % 1_000_000);
/** After so many rounds everything ends, and what must hold is looked at. */
const checkEvery = 20;
/** Workers at once. */
const lanes = 3;
/** More things than a worker says for one run: what lies beyond is never reached, and the worker ends in rest. */
const furthest = 60;
const settleMs = 60_000;

const kinds = ["answer", "save", "delete"] as const;
type Kind = (typeof kinds)[number];
type Asked = { kind: Kind; question: string; agentId: string; thing: string };

const program = join(process.cwd(), "node_modules", ".cache", "quarterdeck-tests", `failpoint-${process.pid}.mjs`);
let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let builder: ServiceContext;
let boss: ServiceContext;
let agents: Record<Kind, string>;
let next: Promise<ChildProcess>;
const children = new Set<ChildProcess>();
let decides: NodeJS.Timeout;

beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	builder = await testContext(base.db, { role: "builder" });
	boss = await testContext(base.db, { role: "admin", name: "Deciding" });
	const agentWith = async (tools: string[]) =>
		(
			await createAgent(builder, {
				name: randomUUID(),
				description: "",
				promptVersionId: null,
				collectionIds: null,
				access: "everyone",
				tools,
			})
		).id;
	agents = {
		answer: base.agentId,
		save: await agentWith(["prompts.save"]),
		delete: await agentWith(["knowledge.deleteDocument"]),
	};
	await bundleWhole(
		process.cwd(),
		{ [basename(program, ".mjs")]: "tests/support/failpoint-child.ts" },
		dirname(program),
	);
	provider.usually({ tokens: 12, intervalMs: 1 });
	next = standBy();
	decides = setInterval(() => void decide(), 50);
}, 60_000);
afterAll(async () => {
	clearInterval(decides);
	await next.catch(() => {});
	for (const child of children) child.kill("SIGKILL");
	await provider.stop();
	await base.checkpoints.close();
});

/** A worker that has read its program and waits for its order: the next one stands ready while this one is killed. */
async function standBy(): Promise<ChildProcess> {
	const child = fork(program, {
		stdio: ["ignore", "ignore", "inherit", "ipc"],
		env: {
			NODE_ENV: "test",
			PATH: process.env.PATH,
			DATABASE_URL: urlOf(base.db),
			QD_AUTH_SECRET: inject("authSecret"),
			QD_MODEL_URL: provider.url,
			QD_MODEL: "stand-in",
			QD_LOG_LEVEL: "error",
			// Most of a start is compiling: only the first of them does.
			NODE_COMPILE_CACHE: `${program}-compiled`,
		},
	});
	children.add(child);
	child.once("exit", () => children.delete(child));
	const died = once(child, "exit").then(([code]) => Promise.reject(new Error(`A worker ended by itself: ${code}`)));
	await Promise.race([once(child, "message"), died]);
	died.catch(() => {});
	return child;
}

/** The worker that stands ready; the next one gets ready at once. */
function take(): Promise<ChildProcess> {
	const ready = next;
	next = standBy();
	return ready;
}

/** Somebody with the right to decides for whatever waits, as soon as it does. */
async function decide(): Promise<void> {
	const rows = await base.db.orm.execute<{ id: string; hash: string }>(
		sql`select id, arguments_hash as hash from approvals where state = 'pending'`,
	);
	for (const { id, hash } of rows) await approve(boss, { approvalId: id, argumentsHash: hash }).catch(() => {});
}

/** What is asked, and what the model says to it, however often it is asked. */
async function question(kind: Kind, round: number): Promise<Asked> {
	const word = `Round ${seed} ${round}`;
	const asked = { kind, agentId: agents[kind], question: `${word}: how many days of annual leave are there?` };
	switch (kind) {
		case "answer":
			return { ...asked, thing: "" };
		case "save": {
			const { prompt } = await createPrompt(builder, {
				name: randomUUID(),
				body: "One.",
				message: "",
				access: "private",
			});
			const call = { promptId: prompt.id, basedOn: 1, body: "Two.", message: "" };
			return { ...asked, ...told("prompts_save", call, word), thing: prompt.id };
		}
		case "delete": {
			const { id } = await bringDocument(builder, await makeCollection(builder), "plan.md", `Plan ${randomUUID()}`);
			return { ...asked, ...told("knowledge_deleteDocument", { documentId: id }, word), thing: id };
		}
	}
}

/** The newest word that a request has decides: what the tool answered, once it has. */
function told(name: string, args: object, word: string) {
	const text = `${word}: do it now.`;
	provider.when(text, { toolCalls: [{ name, arguments: args }] });
	for (const done of ['"deleted":true', '"Two."']) provider.when(done, { text: "It is done, as you asked." });
	return { question: text };
}

const isOpen = sql`state in ('queued', 'running', 'waiting')`;
const openRuns = () => base.db.orm.execute<{ id: string }>(sql`select id, state, attempt from runs where ${isOpen}`);
const hasEnded = async (runId: string) =>
	(await base.db.orm.execute(sql`select from runs where id = ${runId} and ${isOpen}`)).length === 0;

const hit = { before: 0, after: 0, rest: 0 };
/** From the order to a worker that lives until it has taken up what the killed ones left, run by run, in ms. */
const recoveries: number[] = [];

test(
	`${rounds} kills at places where the worker says something, seed ${seed}`,
	async () => {
		const random = seeded(seed);
		for (let done = 0; done < rounds; done += checkEvery) {
			const asked: Asked[] = [];
			const turns = Array.from({ length: Math.min(checkEvery, rounds - done) }, (_, n) => done + n + 1);
			const lane = async () => {
				for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) await round(random, turn, asked);
			};
			await Promise.all(Array.from({ length: lanes }, lane));
			await settle(`up to round ${done + checkEvery} of seed ${seed}`, asked);
			recoveries.sort((one, other) => one - other);
			const part = (of: number) => Math.round(recoveries[Math.floor(recoveries.length * of)] ?? 0);
			const told = {
				rounds: done + checkEvery,
				seed,
				hit,
				recovered: recoveries.length,
				p50: part(0.5),
				p99: part(0.99),
			};
			console.log(JSON.stringify(told));
		}
	},
	60_000 + rounds * 15_000,
);

/** One worker is started, asked something, and killed where its order says; others work beside it and take over what it leaves. */
async function round(random: Random, turn: number, all: Asked[]): Promise<void> {
	const asked = await question(random.pick(kinds), turn);
	all.push(asked);
	const at = { n: 1 + Math.floor(random.next() * furthest), when: random.pick(["before", "after"] as const) };
	const isAskedInside = random.chance(0.3);
	const worker = await take();
	const gone = once(worker, "exit").then(() => true);
	const inside = isAskedInside ? runOf(worker) : null;
	const order: Order = { at, ask: isAskedInside ? { ...asked, userId: userOf(builder) } : null };
	worker.send(order);
	const runId = inside ?? startRun(builder, asked).then((started) => started.runId);
	const ended = runId.then((id) => until(async () => id === null || (await hasEnded(id)), settleMs)).then(() => false);
	const wasHit = await Promise.race([gone, ended]);
	ended.catch(() => {});
	hit[wasHit ? at.when : "rest"] += 1;
	worker.kill("SIGKILL");
	await gone;
}

/** The run that somebody started in the worker; null where that was refused. */
const runOf = (worker: ChildProcess) =>
	new Promise<string | null>((resolve) =>
		worker.on("message", (said: unknown) => {
			if (said && typeof said === "object" && "runId" in said) resolve(said.runId as string | null);
		}),
	);

const userOf = ({ actor }: ServiceContext): string => {
	if (actor.kind !== "user") throw new Error("no person");
	return actor.userId;
};

/** A worker that nobody kills ends all that was begun; then everything that must hold does. */
async function settle(where: string, asked: readonly Asked[]): Promise<void> {
	const worker = await take();
	const left = new Set((await openRuns()).map(({ id }) => id));
	const began = performance.now();
	const order: Order = { at: null, ask: null };
	worker.send(order);
	const isIts = sql`lease_owner like ${`%/${worker.pid}/%`} or not ${isOpen}`;
	await until(async () => {
		const taken = await base.db.orm.execute<{ id: string }>(sql`select id from runs where ${isIts}`);
		for (const { id } of taken) if (left.delete(id)) recoveries.push(performance.now() - began);
		return left.size === 0;
	}, settleMs);
	await until(async () => (await openRuns()).length === 0, settleMs).catch(async () => {
		expect(await openRuns(), where).toEqual([]);
	});
	expect(await brokenRunRules(base.db), where).toEqual([]);
	for (const { kind, thing, question: said } of asked) await expectOnce(`${where}: ${said}`, kind, thing, said);
	const gone = once(worker, "exit");
	worker.kill("SIGKILL");
	await gone;
}

/** Of a run that was accepted: it succeeded, its reader has the answer that is stored, and what it did was done once. */
async function expectOnce(where: string, kind: Kind, thing: string, said: string): Promise<void> {
	const rows = await base.db.orm.execute<{ id: string }>(sql`select id from runs where question = ${said}`);
	expect(rows.length, where).toBeLessThanOrEqual(1);
	const [row] = rows;
	// Asked in the worker that was killed before it had an answer: it may never have been written.
	if (!row) return;
	const run = await getRun(builder, { runId: row.id });
	expect(run.state, where).toBe("succeeded");
	const { events, text } = await readRun(builder, row.id);
	expect([text, events.map(({ seq }) => seq)], where).toEqual([run.answer, events.map((_, n) => n + 1)]);
	if (kind === "answer") return;
	const calls = events.flatMap(({ body }) => (body.type === "tool.answered" ? body.isDone : []));
	expect(calls, where).toEqual([true]);
	const done =
		kind === "save"
			? sql`select from prompt_versions where prompt_id = ${thing} and version = 2`
			: sql`select from audit_entries where resource_id = ${thing} and action = 'document.delete' and outcome = 'done'`;
	expect((await base.db.orm.execute(done)).length, where).toBe(1);
	// What a person approved is kept with the approval.
	const kept =
		kind === "save"
			? sql`select from tool_effects where run_id = ${row.id}`
			: sql`select from approvals where run_id = ${row.id} and state = 'used'`;
	const effects = await base.db.orm.execute(kept);
	expect(effects.length, where).toBe(1);
}
