import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { expectMore } from "@/server/budgets/service";
import { capsOf } from "@/server/core/caps";
import { AppError } from "@/server/core/errors";
import type { Log } from "@/server/core/log";
import { type Stop, stopFor, stopTexts } from "@/server/core/stops";
import type { Asker, NextHop } from "@/server/models";
import type { Cost, Hop } from "@/server/models/contract/hops";
import { isByChoice } from "@/server/models/contract/reasons";
import { type ChatModel, ModelFailure, ModelsAway } from "@/server/models/model";
import { nothingMore } from "@/server/models/provider";
import type { RunEventBody, RunResult } from "@/server/runs/contract";
import { CapMet } from "../graphs/assistant/caps";
import type { ClaimedRun } from "./lease";

/** So many of a run's last hops go with its result; every call stands in the list of calls. */
const mostHops = 100;

type Deps = { db: Database; log: Log; stops: () => readonly Stop[]; tell: (body: RunEventBody) => void };

/** What the models of one run took and who answered; it also says which of them may be asked. */
export type RunAccount = {
	asker: Asker;
	told: () => Pick<RunResult, "hops" | "cost">;
	/** All tokens of its calls, by the same count as their rows; null where it made none. */
	taken: () => Promise<number | null>;
};

export function openAccount(run: ClaimedRun, { db, log, stops, tell }: Deps): RunAccount {
	const hops: Hop[] = [];
	const spent = { isEstimated: false, tokens: 0 };
	/** What it cost in each currency; null is that of the installation's own prices. */
	const costs = new Map<string | null, number>();
	// What earlier attempts took is asked for once, and only where there were any.
	let before: Promise<Before> | null = run.attempt > 1 ? null : Promise.resolve(nothing);
	const most = capsOf(run.agent.caps, run.agent.graph).cost;
	const cap = Math.round(most * 1_000_000);
	const who = { runId: run.id, userId: run.user.id, keyId: run.key?.id ?? null, agentId: run.agent.id };

	async function expectPaid({ model, worstMicros, mostTokens, isFirst }: NextHop): Promise<void> {
		const currency = model.price?.currency ?? null;
		try {
			before ??= takenBefore(db, run.id);
			// A sum of two currencies means nothing: the cap holds for each by itself.
			const left = cap - (costs.get(currency) ?? 0) - ((await before).costs.get(currency) ?? 0);
			if (worstMicros !== null && worstMicros > left) {
				const why = `It may cost ${money(worstMicros)}, and this run has ${money(Math.max(0, left))} left.`;
				const cause = new CapMet(
					"cost",
					`It met its cap of ${most} on what a run may cost: ${model.name} was next. ${why}`,
				);
				throw new ModelFailure(why, { reason: "budget", cause });
			}
			const { runId, userId, keyId } = who;
			if (!isFirst) await expectMore(db, { runId, userId, keyId, tokens: mostTokens });
		} catch (error) {
			if (error instanceof ModelFailure) throw error;
			if (error instanceof AppError && error.code === "LIMIT_REACHED")
				throw new ModelFailure(error.message, { reason: "budget" });
			log.warn({ err: error, runId: run.id, model: model.name }, "a model's budget could not be looked up");
			before = run.attempt > 1 ? null : before;
			throw new ModelFailure("Whether it may be paid could not be looked up.", { cause: error, reason: "unchecked" });
		}
	}

	const asker: Asker = {
		who,
		expectGoing: ({ name, key }) => {
			const stop = stopFor(stops(), { model: name }) ?? stopFor(stops(), { model: key });
			if (stop) throw new ModelFailure(stopTexts[stop.kind], { reason: "stopped" });
		},
		expectPaid,
		onHop: (hop) => {
			hops.push(hop);
			if (hops.length > mostHops) hops.shift();
			const { costMicros, currency = null } = hop;
			if (costMicros !== null) costs.set(currency, (costs.get(currency) ?? 0) + costMicros);
			spent.tokens += hop.inputTokens + hop.outputTokens;
			spent.isEstimated ||= hop.isEstimated;
			const { model, reason, status, ms } = hop;
			if (reason && !isByChoice(reason)) tell({ type: "model.passed", model, reason, status, ms });
		},
	};
	const cost = (): { cost?: Cost } => {
		const [first, ...others] = [...costs].map(([currency, micros]) => ({ currency, micros }));
		if (!first) return {};
		return { cost: { ...first, isEstimated: spent.isEstimated, ...(others.length > 0 ? { others } : {}) } };
	};
	return {
		asker,
		told: () => ({ ...(hops.length > 0 ? { hops: [...hops] } : {}), ...cost() }),
		taken: async () => {
			before ??= takenBefore(db, run.id);
			const tokens = (await before).tokens + spent.tokens;
			return hops.length > 0 || tokens > 0 ? tokens : null;
		},
	};
}

type Before = { costs: ReadonlyMap<string | null, number>; tokens: number };
const nothing: Before = { costs: new Map(), tokens: 0 };

async function takenBefore(db: Database, runId: string): Promise<Before> {
	const rows = await db.orm.execute<{ currency: string | null; micros: string; tokens: string }>(sql`
		select currency, coalesce(sum(cost_micros), 0) as micros, coalesce(sum(input_tokens + output_tokens), 0) as tokens
		from model_calls where run_id = ${runId} group by currency`);
	return {
		costs: new Map(rows.map(({ currency, micros }) => [currency, Number(micros)])),
		tokens: rows.reduce((sum, { tokens }) => sum + Number(tokens), 0),
	};
}

const money = (micros: number): string => (micros / 1_000_000).toLocaleString("en", { maximumSignificantDigits: 3 });

/** The model of a run that ends where nobody could be asked any more, as the next model would be past what the run may cost. */
export function withinCap(model: ChatModel): ChatModel {
	return {
		...model,
		answer: async function* (messages, signal, tools, options) {
			try {
				return yield* model.answer(messages, signal, tools, options);
			} catch (error) {
				throw error instanceof ModelFailure && error.cause instanceof CapMet ? error.cause : error;
			}
		},
	};
}

/** The model of an agent that would rather give no answer than one that is put together from quotations. */
export function neverStoodIn(model: ChatModel | null): ChatModel {
	const name = model?.name ?? "none";
	return {
		...(model ?? {}),
		name,
		sees: model?.sees ?? false,
		answer: async function* (messages, signal, tools, options) {
			if (!model) throw new ModelsAway("no model is set up here, and this agent answers with one only.");
			let hasSpoken = false;
			const onRestart = options?.onRestart;
			const pieces = model.answer(messages, signal, tools, {
				...options,
				...(onRestart
					? {
							onRestart: (why: string) => {
								hasSpoken = false;
								onRestart(why);
							},
						}
					: {}),
			});
			try {
				for (;;) {
					const piece = await pieces.next();
					if (piece.done) return piece.value;
					hasSpoken = true;
					yield piece.value;
				}
			} catch (error) {
				// What was said stays, and is marked as incomplete.
				if (hasSpoken || !(error instanceof ModelFailure)) throw error;
				throw new ModelsAway(error.message, { cause: error });
			} finally {
				await pieces.return(nothingMore).catch(() => {});
			}
		},
	};
}
