import { expectMore } from "@/server/budgets/service";
import { causeOf } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { stopFor, stopsNow, stopTexts } from "@/server/core/stops";
import { findRoute } from "@/server/models/catalogue";
import { type ChatModel, ModelFailure } from "@/server/models/model";
import type { Heard } from "./follow-trial";

/** The route or model that a trial asks: each hop is checked and counted like one of a run, and told to `heard`. */
export async function askedModel(
	ctx: ServiceContext,
	{ trialId, model, heard }: { trialId: string; model: string; heard: Heard },
): Promise<ChatModel> {
	const { db } = ctx;
	const { userId } = requireUser(ctx);
	const keyId = causeOf(ctx.actor)?.keyId ?? null;
	// Loaded where it is wanted: it brings a library that weighs tens of megabytes.
	const [{ partsOf }, { routeModel }, { loadOpenai }] = await Promise.all([
		import("@/server/models"),
		import("@/server/models/route"),
		import("@/server/models/clients"),
	]);
	await loadOpenai();
	const onProblem = (error: unknown) => log.warn({ err: error, trialId }, "a trial's call was not written down");
	let stops = await stopsNow(db);
	return routeModel(
		partsOf({ db, onProblem }),
		{ name: model, find: (catalogue) => findRoute(catalogue, model) },
		{
			who: { userId, keyId, runId: null, agentId: null },
			expectGoing: ({ name, key }) => {
				// For the next piece: what is known now is 2 s old at most.
				void stopsNow(db).then((now) => {
					stops = now;
				}, onProblem);
				const stop = stopFor(stops, { model: name }) ?? stopFor(stops, { model: key });
				if (stop) throw new ModelFailure(stopTexts[stop.kind], { reason: "stopped" });
			},
			expectPaid: async ({ mostTokens, isFirst }) => {
				if (isFirst) return;
				try {
					await expectMore(db, { runId: trialId, userId, keyId, tokens: mostTokens });
				} catch (error) {
					if (error instanceof AppError && error.code === "LIMIT_REACHED")
						throw new ModelFailure(error.message, { reason: "budget" });
					throw new ModelFailure("Whether it may be paid could not be looked up.", {
						cause: error,
						reason: "unchecked",
					});
				}
			},
			onHop: ({ costMicros, currency = null }) => {
				if (costMicros === null) return;
				const same = heard.costs.find((cost) => cost.currency === currency);
				if (same) same.micros += costMicros;
				else heard.costs.push({ micros: costMicros, currency });
			},
		},
	);
}
