import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { reserveTokens, settleTokens } from "@/server/budgets/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { stopFor, stopsNow, stopTexts } from "@/server/core/stops";
import { catalogueNow, environmentId, type KnownModel, routeOf } from "../catalogue";
import { loadOpenai } from "../clients";
import type { Hop, TestedModel, TestModel } from "../contract";
import { partsOf, whoOf } from "../index";
import { ModelFailure, type ModelMessage } from "../model";
import { routeModel } from "../route";

const question: ModelMessage[] = [{ role: "user", content: "Answer with the one word: fine" }];
/** Longest that somebody who tries a model waits. */
const longestMs = 30_000;
/** What is held back for it; such an answer is a word. */
const mostTokens = 1_000;

/** Asks a model for one word, as any call of it: it counts, and is paid by whoever tries it. */
export async function testModel(ctx: ServiceContext, { modelKey }: TestModel): Promise<TestedModel> {
	requireUser(ctx);
	const model = (await catalogueNow(ctx.db)).models.get(modelKey);
	if (!model) throw notFound("This model");
	const entry = await reserveTokens(ctx, mostTokens);
	let tokens = 0;
	try {
		const tested = await tryModel(ctx.db, model, { who: whoOf(ctx.actor), signal: ctx.signal });
		tokens = tested.inputTokens + tested.outputTokens;
		await audit(ctx, ctx.db.orm, {
			action: "model.test",
			resource: "model",
			resourceId: modelKey,
			outcome: tested.isWell ? "done" : "failed",
			detail: { model: model.name, connection: model.connection.name, tokens },
		});
		return tested;
	} finally {
		await settleTokens(ctx, entry, tokens);
	}
}

const notAsked = {
	...{ reason: null, status: null, firstTokenMs: null, costMicros: null },
	...{ ms: 0, inputTokens: 0, outputTokens: 0 },
};
type Try = { who: ReturnType<typeof whoOf>; signal?: AbortSignal | undefined };

async function tryModel(db: Database, model: KnownModel, { who, signal }: Try): Promise<TestedModel> {
	// What this process has to load first is no time of the model's.
	await loadOpenai();
	const parts = partsOf({ db, onProblem: (error) => log.warn({ err: error }, "a model's test was not written down") });
	const stop = stopFor(await stopsNow(db), { model: model.name });
	const hops: Hop[] = [];
	const one = routeModel(
		parts,
		{
			name: model.name,
			find: ({ models }) => {
				const now = models.get(model.key);
				return now ? { ...routeOf(now), totalMs: longestMs } : null;
			},
		},
		{
			who: { runId: null, ...who },
			expectGoing: () => {
				if (stop) throw new ModelFailure(stopTexts[stop.kind], { reason: "stopped" });
			},
			expectPaid: async () => {},
			onHop: (hop) => hops.push(hop),
		},
	);
	const limit = AbortSignal.timeout(longestMs);
	let problem: string | null = null;
	try {
		const pieces = one.answer(question, signal ? AbortSignal.any([signal, limit]) : limit);
		while (!(await pieces.next()).done);
	} catch (error) {
		if (!(error instanceof ModelFailure) && !limit.aborted) throw error;
		problem = error instanceof ModelFailure ? error.message : "It did not answer in time.";
	} finally {
		await parts.calls.settled();
	}
	const { reason, status, firstTokenMs, ms, inputTokens, outputTokens, costMicros } = hops.at(-1) ?? notAsked;
	return { isWell: problem === null, reason, status, problem, firstTokenMs, ms, inputTokens, outputTokens, costMicros };
}

/** How long nobody may have asked a model before it is tried. */
const restMinutes = 15;

/** The models that nobody asked lately, of connections whose models are tried. What the environment names is left alone. */
export async function modelsToProbe(db: Database): Promise<string[]> {
	const rows = await db.orm.execute<{ key: string }>(sql`
		select m.id::text as key from models m join model_connections c on c.id = m.connection_id
		where m.is_enabled and c.is_enabled and c.is_probed
			and exists (select from model_route_steps s where s.model_id = m.id)
			and not exists (select from model_calls k where k.model_key = m.id::text
				and k.created_at > now() - ${restMinutes} * interval '1 minute')
		order by m.id limit 50`);
	return rows.map(({ key }) => key);
}

/** Tries one of them for the installation itself. */
export async function probeModel(db: Database, key: string): Promise<void> {
	const model = (await catalogueNow(db)).models.get(key);
	if (model && model.connection.id !== environmentId)
		await tryModel(db, model, { who: { userId: null, keyId: null, agentId: null } });
}
