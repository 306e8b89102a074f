import type { Database } from "@/db/connection";
import { type Actor, actorUser, causeOf } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { stopFor, stopsNow, stopTexts } from "@/server/core/stops";
import { CallLog } from "./call-log";
import {
	type Catalogue,
	catalogueNow,
	environmentModels,
	findRoute,
	followCatalogue,
	type KnownRoute,
	routeOf,
} from "./catalogue";
import { Circuits } from "./circuits";
import { loadOpenai } from "./clients";
import { type ChatModel, ModelFailure } from "./model";
import { type Asker, routeModel } from "./route";

export type { Asker, NextHop } from "./route";

/** The way to the models of this process: routes by their names, or one model by itself. */
export type Models = {
	/** A route, or a model of the environment, as one model; null for the default one. Null where none is set up. */
	route: (name: string | null, asker: Asker) => ChatModel | null;
	/** One model by its key, whatever routes there are. */
	single: (key: string, asker: Asker) => ChatModel;
	seen: () => Catalogue;
	/** Resolves once what was taken is written down. */
	settled: () => Promise<void>;
	stop: () => Promise<void>;
};

type Options = { db: Database; onProblem: (error: unknown) => void };

/** Opened once by a process that asks models all the time: it follows what is set up, and waits for no database. */
export async function openModels({ db, onProblem }: Options): Promise<Models> {
	const [follower] = await Promise.all([followCatalogue(db, onProblem), loadOpenai()]);
	const parts = partsOf({ db, onProblem });
	return {
		route: (name, asker) => {
			const route = findRoute(follower.seen(), name);
			if (!route && name === null) return null;
			const of = {
				name: route?.name ?? name ?? "",
				sees: route !== null && seesPictures(route),
				contextTokens: route ? contextOf(route) : undefined,
			};
			return routeModel(parts, { ...of, find: (now) => findRoute(now, name) }, asker);
		},
		single: (key, asker) => singleModel(parts, key, follower.seen(), asker),
		seen: follower.seen,
		settled: () => parts.calls.settled(),
		stop: async () => {
			await follower.stop();
			await parts.calls.settled();
		},
	};
}

/** Whether any of its models says that it does: one that says nothing is not taken for it. */
const seesPictures = ({ steps }: KnownRoute): boolean =>
	steps.some(({ model }) => model.isEnabled && model.connection.isEnabled && model.modalities?.includes("image"));

/** What every model of a route takes in, as any of them may answer. */
const contextOf = ({ steps }: KnownRoute): number | undefined =>
	steps.length === 0 ? undefined : Math.min(...steps.map(({ model }) => model.contextTokens ?? env().QD_MODEL_CONTEXT));

export const partsOf = ({ db, onProblem }: Options) => ({
	db,
	circuits: new Circuits(db, onProblem),
	calls: new CallLog(db, onProblem),
});

export const singleModel = (parts: ReturnType<typeof partsOf>, key: string, seen: Catalogue, asker: Asker): ChatModel =>
	routeModel(
		parts,
		{
			name: seen.models.get(key)?.name ?? key,
			find: ({ models }): KnownRoute | null => {
				const model = models.get(key);
				return model ? routeOf(model) : null;
			},
		},
		asker,
	);

const shared = new WeakMap<Database, ReturnType<typeof partsOf>>();

/** Those of a process for what is asked outside of runs. */
export function sharedParts(db: Database): ReturnType<typeof partsOf> {
	const onProblem = (error: unknown) => log.warn({ err: error }, "a model's call was not written down");
	const parts = shared.get(db) ?? partsOf({ db, onProblem });
	shared.set(db, parts);
	return parts;
}

/** Who is named by the rows of calls that an actor makes outside of a run's own, and whose budgets they are. */
export const whoOf = (actor: Actor) => ({
	userId: actorUser(actor)?.userId ?? null,
	keyId: causeOf(actor)?.keyId ?? null,
	agentId: actor.kind === "agent" ? actor.agentId : null,
});

/** The environment's first model by itself, for what is asked outside of runs; whoever asks holds back what it takes. */
export async function environmentModel({ db, actor }: ServiceContext): Promise<ChatModel | null> {
	const [model] = environmentModels();
	if (!model) return null;
	const stop = stopFor(await stopsNow(db), { model: model.name });
	return singleModel(sharedParts(db), model.key, await catalogueNow(db), {
		who: { runId: null, ...whoOf(actor) },
		expectGoing: () => {
			if (stop) throw new ModelFailure(stopTexts[stop.kind], { reason: "stopped" });
		},
		expectPaid: async () => {},
		onHop: () => {},
	});
}
