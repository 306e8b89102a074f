import { and, eq, lt, sql } from "drizzle-orm";
import { playgroundTrials } from "@/db/schema";
import { settleTokens } from "@/server/budgets/service";
import { causeOf } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { endSpan, stepsWithin } from "@/server/core/spans";
import { stopFor, stopsNow, stopTexts } from "@/server/core/stops";
import type { Money } from "@/server/models/contract";
import { type ChatModel, estimateTokens, ModelFailure, type Usage } from "@/server/models/model";
import { openTrace } from "@/server/traces/service";
import type { FollowTrial, TrialEvent } from "../contract";
import { askedModel } from "./asked-model";
import type { Asked } from "./start-trial";

type Ended = Extract<TrialEvent, { type: "ended" }>;
/** What is known of an answer while it is given. */
export type Heard = {
	text: string;
	usage: Usage | null;
	firstMs: number | null;
	state: Ended["state"];
	reason: string | null;
	/** The model that answered, of a route. */
	by: string | null;
	/** One of each currency that the models which were asked have their prices in. */
	costs: Money[];
};

const left = "It was stopped.";

/**
 * Asks the model and hands on what it says. Whoever leaves stops it: what it took until then is settled. It is asked once; who
 * comes back is told how it ended.
 */
export async function* followTrial(
	ctx: ServiceContext,
	{ trialId }: FollowTrial,
): AsyncGenerator<{ id: string; data: TrialEvent }> {
	const taken = await take(ctx, trialId);
	if ("ended" in taken) return yield { id: "1", data: taken.ended };
	const { asked, model } = taken;
	const root = openTrace(ctx.db, {
		...{ traceId: trialId, startedAt: new Date(), userId: requireUser(ctx).userId, runId: null },
		keyId: causeOf(ctx.actor)?.keyId ?? null,
		sources: asked.sources,
	});
	const over = new AbortController();
	const signal = ctx.signal ? AbortSignal.any([ctx.signal, over.signal]) : over.signal;
	const heard: Heard = {
		text: "",
		usage: null,
		firstMs: null,
		state: "stopped",
		reason: left,
		by: null,
		costs: [],
	};
	const started = performance.now();
	let ended: Ended | null = null;
	let seq = 0;
	try {
		const chat = await askedModel(ctx, { trialId, model, heard });
		for await (const text of stepsWithin(root, answer(ctx, chat, asked, signal, heard))) {
			heard.firstMs ??= Math.round(performance.now() - started);
			heard.text += text;
			seq += 1;
			yield { id: String(seq), data: { type: "said", text } };
		}
	} finally {
		over.abort();
		endSpan(root, "trial", { name: model, ...traceOf(heard) });
		ended = await close(ctx, { trialId, model, asked, heard, totalMs: Math.round(performance.now() - started) });
	}
	yield { id: String(seq + 1), data: ended };
}

const statusOf = { done: "ok", failed: "failed", stopped: "cancelled" } as const;
const traceOf = ({ state, firstMs }: Heard) => ({
	...{ status: statusOf[state], errorCode: state === "done" ? null : state, firstTokenMs: firstMs },
});

/** Takes it for oneself: no two ask the model. */
async function take(ctx: ServiceContext, trialId: string): Promise<{ asked: Asked; model: string } | { ended: Ended }> {
	const { userId } = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.select()
			.from(playgroundTrials)
			.where(and(eq(playgroundTrials.id, trialId), eq(playgroundTrials.userId, userId)))
			.for("update");
		if (!row) throw notFound("This trial");
		if (row.state !== "ready" || !row.asked) return { ended: endOf(row) };
		await tx.update(playgroundTrials).set({ state: "running", asked: null }).where(eq(playgroundTrials.id, trialId));
		// Written by startTrial alone.
		return { asked: row.asked as unknown as Asked, model: row.model };
	});
}

function endOf(row: typeof playgroundTrials.$inferSelect): Ended {
	const state = row.state === "done" || row.state === "failed" ? row.state : "stopped";
	const reason = state === "done" ? null : "The connection was lost. Ask again.";
	const { inputTokens, outputTokens, firstMs, totalMs, cost } = row;
	const costs = cost === null ? [] : [{ micros: Math.round(cost * 1_000_000), currency: null }];
	return {
		...{ type: "ended", state, reason, firstMs, costs, by: null },
		...{ inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, totalMs: totalMs ?? 0 },
	};
}

/** What the model says. A failure of its is no failure of ours: it ends the answer, with its words for the reader. */
async function* answer(
	ctx: ServiceContext,
	model: ChatModel,
	{ messages, temperature, maxTokens }: Asked,
	signal: AbortSignal,
	heard: Heard,
): AsyncGenerator<string> {
	const { userId } = requireUser(ctx);
	// What is asked stops for its person; for a model, a route asks by itself.
	const expectGoing = async () => {
		const stop = stopFor(await stopsNow(ctx.db), { user: userId });
		if (stop) throw new ModelFailure(stopTexts[stop.kind]);
	};
	try {
		await expectGoing();
		const manner = { mostTokens: maxTokens, ...(temperature === null ? {} : { temperature }) };
		const pieces = model.answer(messages, signal, [], manner);
		for (;;) {
			const piece = await pieces.next();
			if (piece.done) {
				heard.usage = piece.value.usage;
				heard.by = piece.value.by ?? null;
				heard.state = "done";
				heard.reason = piece.value.end === "cut" ? "It came to its greatest length." : null;
				return;
			}
			await expectGoing();
			yield piece.value;
		}
	} catch (error) {
		if (signal.aborted) return;
		heard.state = "failed";
		heard.usage = error instanceof ModelFailure ? error.usage : null;
		heard.reason = error instanceof ModelFailure ? error.message : "Something went wrong on our side.";
		if (!(error instanceof ModelFailure)) log.error({ err: error }, "a trial failed");
	}
}

/** Settles what it took and writes down that it is over; not what was asked, nor what was answered. */
async function close(
	ctx: ServiceContext,
	{
		trialId,
		model,
		asked,
		heard,
		totalMs,
	}: { trialId: string; model: string; asked: Asked; heard: Heard; totalMs: number },
): Promise<Ended> {
	const { state, reason, firstMs } = heard;
	const words = asked.messages.map(({ content }) => content).join("\n");
	const usage = heard.usage ?? { inputTokens: estimateTokens(words), outputTokens: estimateTokens(heard.text) };
	const { inputTokens, outputTokens } = usage;
	const { costs } = heard;
	// What is of several currencies is no one number.
	const cost = costs.length === 1 ? (costs[0]?.micros ?? 0) / 1_000_000 : null;
	await ctx.db.transaction(async (tx) => {
		await settleTokens({ ...ctx, db: ctx.db.within(tx) }, trialId, inputTokens + outputTokens);
		await tx
			.update(playgroundTrials)
			.set({ state, inputTokens, outputTokens, firstMs, totalMs, cost, endedAt: sql`now()` })
			.where(eq(playgroundTrials.id, trialId));
		await audit(ctx, tx, {
			action: "playground.end",
			resource: "trial",
			resourceId: trialId,
			detail: { model, state, tokens: inputTokens + outputTokens },
		});
	});
	const { by } = heard;
	return { type: "ended", state, reason, by, inputTokens, outputTokens, costs, firstMs, totalMs };
}

/** Trials that nobody followed took nothing; those whose process was killed took all that was held back. Old ones are forgotten. */
export async function tidyTrials(ctx: ServiceContext): Promise<number> {
	const over = { state: "stopped", asked: null, endedAt: sql`now()` } as const;
	const isOld = lt(playgroundTrials.createdAt, sql`now() - interval '10 minutes'`);
	const closed = await ctx.db.transaction(async (tx) => {
		const unasked = await tx
			.update(playgroundTrials)
			.set({ ...over, inputTokens: 0, outputTokens: 0 })
			.where(and(eq(playgroundTrials.state, "ready"), isOld))
			.returning({ id: playgroundTrials.id });
		for (const { id } of unasked) await settleTokens({ ...ctx, db: ctx.db.within(tx) }, id, 0);
		const killed = await tx
			.update(playgroundTrials)
			.set(over)
			.where(and(eq(playgroundTrials.state, "running"), isOld))
			.returning({ id: playgroundTrials.id });
		return unasked.length + killed.length;
	});
	await ctx.db.orm.delete(playgroundTrials).where(lt(playgroundTrials.createdAt, sql`now() - interval '30 days'`));
	return closed;
}
