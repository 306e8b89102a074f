import { spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "@/db/connection";
import { migrateUp } from "@/db/migrate";
import { AddBudget } from "@/server/budgets/contract";
import { addBudget } from "@/server/budgets/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { log } from "@/server/core/log";
import { endSpan, within } from "@/server/core/spans";
import { serverSettings } from "@/server/launch/postgres/server";
import { type Models, openModels } from "@/server/models";
import { AddConnection, AddModel, AddRoute } from "@/server/models/contract";
import type { ChatModel, ModelMessage } from "@/server/models/model";
import { openaiModel } from "@/server/models/openai";
import { addConnection, addModel, addPrice, addRoute } from "@/server/models/service";
import { CreatePolicy } from "@/server/safety/contract";
import { createPolicy, openGuard } from "@/server/safety/service";
import { openTrace } from "@/server/traces/service";
import { spanWriterOf } from "@/server/traces/writer";
import { testContext } from "@/tests/support/context";
import { startTestPostgres } from "@/tests/support/postgres";
import { median, report, startProviderProcess } from "./stream-material";

// `npm run bench -- gate-ai`: what a call of a model takes longer by way of a route of two models with prices, four budgets that
// bind, two safety policies on question and answer, and a trace, than the same call of the same provider without any of them.

const rounds = 7;
const alone = 40;
const atOnce = 50;
const inAll = 400;

if (!process.env.QD_AUTH_SECRET) {
	// The environment is read while modules are loaded: it has to be there before.
	const data = mkdtempSync(join(tmpdir(), "quarterdeck-gate-ai-"));
	const more = { QD_AUTH_SECRET: randomBytes(32).toString("hex"), QD_DATA: data, QD_LOG_LEVEL: "error" };
	const env = { ...process.env, ...more, QD_PRIVATE_NETWORKS: "allowed" };
	const { status } = spawnSync(process.execPath, process.argv.slice(1), { env, stdio: "inherit" });
	rmSync(data, { recursive: true, force: true });
	process.exit(status ?? 1);
}

const messages: ModelMessage[] = [
	{ role: "system", content: "You answer from the passages below. ".repeat(20) },
	{ role: "user", content: "How many days of annual leave do staff get? ".repeat(20) },
];
const text = "All staff get 25 days of annual leave a year, agreed two weeks ahead. ";
/** One call at a time: a provider that takes no time, so that what is added is seen whole. */
const quick = { text: text.repeat(4) };
/** Many at once: as fast as a hosted model, 20 words a second. Otherwise all that is measured is one process waiting for its turn. */
const paced = { text, firstTokenMs: 200, intervalMs: 50 };
const provider = await startProviderProcess();
const server = await startTestPostgres(serverSettings);
const admin = new Database({ url: server.url("postgres"), pool: 1 });
await admin.sql.unsafe("create database gate_ai");
const db = new Database({ url: server.url("gate_ai"), pool: 10 });
try {
	await migrateUp(db);
	await provider.behave(quick);
	const ctx: ServiceContext = { ...(await testContext(db, { role: "admin" })), via: "console" };
	await setUp(ctx);
	const models = await openModels({ db, onProblem: (error) => log.error({ err: error }, "the models") });
	const bare = openaiModel({ url: provider.url, key: "sk-bench", model: "first" });
	const gated = () => throughTheGate(ctx, models);
	const direct = () => hear(bare);
	for (const one of [direct, gated]) await many(one, 200, atOnce);
	const added = { alone: [] as number[], crowd: [] as number[] };
	for (let round = 0; round < rounds; round += 1) {
		// One and the other in turn, and the other way about in the next round: the machine has its moods.
		const sides = round % 2 === 0 ? [direct, gated] : [gated, direct];
		const took = new Map<unknown, { alone: number; crowd: number }>();
		for (const side of sides) {
			await provider.behave(quick);
			const single = p(await many(side, alone, 1), 0.5);
			await provider.behave(paced);
			took.set(side, { alone: single, crowd: p(await many(side, inAll, atOnce), 0.95) });
		}
		const [ours, theirs] = [took.get(gated), took.get(direct)];
		if (!ours || !theirs) throw new Error("a side was not measured");
		added.alone.push(ours.alone - theirs.alone);
		added.crowd.push(ours.crowd - theirs.crowd);
		console.error(
			`round ${round + 1}: alone ${theirs.alone.toFixed(1)} ms bare and ${ours.alone.toFixed(1)} through the gate (p50); ` +
				`${atOnce} at once ${theirs.crowd.toFixed(1)} and ${ours.crowd.toFixed(1)} (p95)`,
		);
	}
	const figure = { bench: "gate-ai", unit: "ms", n: rounds };
	report({ ...figure, metric: "added_p50_ms_at_1", value: median(added.alone), baseline: 10 });
	report({ ...figure, metric: "added_p95_ms_at_50", value: median(added.crowd), baseline: 25 });
	await models.stop();
	await spanWriterOf(db).stop();
	const [told] = await db.sql`select (select count(*) from model_calls)::int as calls,
		(select count(*) from spans where kind = 'model')::int as spans, (select count(*) from budget_holds where settled is null)::int as open`;
	if (told?.calls !== told?.spans || told?.open !== 0) throw new Error(`not all was written: ${JSON.stringify(told)}`);
} finally {
	await db.close();
	await admin.close();
	await server.stop();
	provider.child.kill();
}

async function setUp(ctx: ServiceContext): Promise<void> {
	const connection = { name: "Stand-in", kind: "openai", address: provider.url, key: "sk-bench", concurrency: 64 };
	const { id: connectionId } = await addConnection(ctx, AddConnection.parse(connection));
	const steps = [];
	for (const name of ["first", "second"]) {
		const model = await addModel(ctx, AddModel.parse({ connectionId, name, contextTokens: 50_000 }));
		const price = { currency: "EUR", inputMicros: 1_000_000, outputMicros: 2_000_000, cachedMicros: null };
		await addPrice(ctx, { modelId: model.id, ...price });
		steps.push({ modelId: model.id });
	}
	await addRoute(ctx, AddRoute.parse({ name: "house", steps, isDefault: true }));
	const { userId } = requireUser(ctx);
	for (const [measure, currency, most] of [
		["tokens", "", 1_000_000_000],
		["money", "EUR", 1_000_000_000_000],
	] as const)
		for (const whose of [{ subjectKind: "everybody" }, { subjectKind: "user", subject: userId }] as const)
			await addBudget(ctx, AddBudget.parse({ ...whose, measure, currency, span: "day", most }));
	const modes = { input: "warn", retrieved: "off", arguments: "off", results: "off", output: "redact" };
	for (const detector of ["personal", "secrets"])
		await createPolicy(ctx, CreatePolicy.parse({ name: detector, detector, modes }));
}

/** As a run asks: by its route, guarded, and within its trace. */
async function throughTheGate(ctx: ServiceContext, models: Models): Promise<void> {
	const { userId } = requireUser(ctx);
	const [traceId, agentId] = [randomUUID(), randomUUID()];
	const root = openTrace(db, { traceId, startedAt: new Date(), userId, runId: null });
	await within(root, async () => {
		const route = models.route(null, {
			who: { runId: null, userId, keyId: null, agentId },
			expectGoing: () => {},
			expectPaid: async () => {},
			onHop: () => {},
		});
		if (!route) throw new Error("there is no route");
		const guard = await openGuard({
			...{ db, ask: () => null, stop: () => {}, signal: new AbortController().signal },
			run: { id: traceId, agentId, userId, question: "How many days?", functions: [] },
		});
		if (!guard) throw new Error("no policy looks at it");
		await guard.question();
		await hear(guard.model(route));
	});
	endSpan(root, "run", { name: "bench" });
}

async function hear(model: ChatModel): Promise<void> {
	for await (const _ of model.answer(messages, new AbortController().signal));
}

async function many(one: () => Promise<void>, count: number, width: number): Promise<number[]> {
	const took: number[] = [];
	let left = count;
	const worker = async () => {
		for (; left > 0; ) {
			left -= 1;
			const started = performance.now();
			await one();
			took.push(performance.now() - started);
		}
	};
	await Promise.all(Array.from({ length: width }, worker));
	return took;
}

function p(values: number[], part: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
