import { sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import type { ConnectionKind, Modality, ModelCapability, StepConditions } from "@/db/schema";
import type { BudgetRule } from "@/server/budgets/contract";
import { env } from "@/server/core/env";
import { unseal } from "@/server/core/vault";
import { clientOf, type Target } from "./clients";
import type { FailureReason } from "./contract/reasons";
import { ModelFailure } from "./model";
import { modelLimits, type Provider } from "./provider";

/** Tells every process that something of the catalogue is another. */
export const modelsChannel = "models";
export const tellModels = (tx: Reader) => tx.execute(sql`select pg_notify(${modelsChannel}, '')`);

export type Price = { currency: string | null; inputMicros: number; outputMicros: number; cachedMicros: number | null };
/** A model that can be asked, wherever it was set up. */
export type KnownModel = {
	/** Its id, or `env:` and its name. */
	key: string;
	name: string;
	/** Null: its provider's limit is not known here, and the provider says where something is too long. */
	contextTokens: number | null;
	/** Null: what it can is not known here. */
	modalities: readonly Modality[] | null;
	capabilities: readonly ModelCapability[] | null;
	dataRegion: string;
	isEnabled: boolean;
	price: Price | null;
	connection: { id: string; name: string; kind: ConnectionKind; isEnabled: boolean; limits: Target["limits"] };
	target: () => Target;
	/** Of its last ten minutes. */
	calls: number;
	failures: number;
	circuit: { openUntil: number; times: number; failures: number; reason: FailureReason; at: number } | null;
};
export type RouteStep = { model: KnownModel; conditions: StepConditions };
export type KnownRoute = {
	name: string;
	isDefault: boolean;
	totalMs: number;
	regions: readonly string[];
	steps: readonly RouteStep[];
};
export type Catalogue = {
	models: ReadonlyMap<string, KnownModel>;
	routes: ReadonlyMap<string, KnownRoute>;
	/** What may be taken at most; without any, no call asks the database for leave. */
	budgets: readonly BudgetRule[];
};

/** Where a connection's key is sealed for. */
export const keyPlace = (connectionId: string, version: number) => ({
	table: "model_connections",
	row: connectionId,
	column: "sealed_key",
	version,
});

type Row<Shape> = Shape & Record<string, unknown>;
type ConnectionRow = {
	id: string;
	name: string;
	kind: ConnectionKind;
	address: string;
	sealedKey: string | null;
	keyVersion: number;
	concurrency: number;
	firstTokenMs: number;
	idleMs: number;
	totalMs: number;
	isEnabled: boolean;
};
type ModelRow = {
	id: string;
	connectionId: string;
	name: string;
	contextTokens: number;
	modalities: Modality[];
	capabilities: ModelCapability[];
	dataRegion: string;
	isEnabled: boolean;
	price: Price | null;
};
type RouteRow = Omit<KnownRoute, "steps"> & { steps: { modelId: string; conditions: StepConditions }[] };
type Read = {
	connections: ConnectionRow[];
	models: ModelRow[];
	routes: RouteRow[];
	circuits: { key: string; openUntil: string; times: number; failures: number; reason: FailureReason; at: string }[];
	health: { key: string; calls: number; failures: number }[];
	budgets: BudgetRule[];
};

const list = (rows: ReturnType<typeof sql>) => sql`coalesce((select json_agg(x) from (${rows}) x), '[]')`;

/** All of it in one journey: it is small, and asked for once in a while. */
export async function readCatalogue(db: Reader): Promise<Catalogue> {
	const [read] = await db.execute<Row<Read>>(sql`select
		${list(sql`select id, name, kind, address, sealed_key as "sealedKey", key_version as "keyVersion", concurrency,
			first_token_ms as "firstTokenMs", idle_ms as "idleMs", total_ms as "totalMs", is_enabled as "isEnabled"
			from model_connections`)} as connections,
		${list(sql`select id, connection_id as "connectionId", name, context_tokens as "contextTokens", modalities, capabilities,
			data_region as "dataRegion", is_enabled as "isEnabled", (
				select json_build_object('currency', p.currency, 'inputMicros', p.input_micros, 'outputMicros', p.output_micros,
					'cachedMicros', p.cached_micros)
				from model_prices p where p.model_id = models.id and p.valid_from <= now() order by p.valid_from desc limit 1) as price
			from models`)} as models,
		${list(sql`select name, is_default as "isDefault", total_ms as "totalMs", regions, coalesce((
				select json_agg(json_build_object('modelId', s.model_id, 'conditions', s.conditions) order by s.position)
				from model_route_steps s where s.route_id = model_routes.id), '[]') as steps
			from model_routes`)} as routes,
		${list(sql`select model_key as key, open_until as "openUntil", times, failures, reason, updated_at as at
			from model_circuits`)} as circuits,
		${list(sql`select model_key as key, sum(calls)::int as calls, sum(failures)::int as failures
			from model_health where bucket > now() - interval '10 minutes' group by model_key`)} as health,
		${list(sql`select id, subject_kind as "subjectKind", subject, is_each as "isEach", span, measure, currency, most
			from budgets where measure in ('tokens', 'money')`)} as budgets`);
	if (!read) throw new Error("the catalogue of models could not be read");
	return toCatalogue(read);
}

function toCatalogue(read: Read): Catalogue {
	const connections = new Map(read.connections.map((one) => [one.id, one]));
	const health = new Map(read.health.map((one) => [one.key, one]));
	const circuits = new Map(
		read.circuits.map(({ key, openUntil, at, ...one }) => [
			key,
			{ ...one, openUntil: Date.parse(openUntil), at: Date.parse(at) },
		]),
	);
	const state = (key: string) => ({
		calls: health.get(key)?.calls ?? 0,
		failures: health.get(key)?.failures ?? 0,
		circuit: circuits.get(key) ?? null,
	});
	const rows = read.models.flatMap(({ id, connectionId, ...model }): KnownModel[] => {
		const connection = connections.get(connectionId);
		if (!connection) return [];
		return [{ ...model, key: id, ...about(connection), ...state(id) }];
	});
	const models = new Map(
		[...environmentModels(), ...rows].map((model) => [model.key, { ...model, ...state(model.key) }]),
	);
	const routes = read.routes.map(({ steps, ...route }): [string, KnownRoute] => [
		route.name,
		{
			...route,
			steps: steps.flatMap(({ modelId, conditions }) => {
				const model = models.get(modelId);
				return model ? [{ model, conditions }] : [];
			}),
		},
	]);
	return { models, routes: new Map(routes), budgets: read.budgets };
}

function about(connection: ConnectionRow): Pick<KnownModel, "connection" | "target"> {
	const { id, name, kind, address, concurrency, firstTokenMs, idleMs, totalMs, isEnabled } = connection;
	const limits = { firstTokenMs, idleMs, totalMs };
	// Its key is opened once, for all calls that go by this reading of the catalogue.
	let target: Target | null = null;
	return {
		connection: { id, name, kind, isEnabled, limits },
		target: () => {
			target ??= { id, kind, address, concurrency, limits, key: keyOf(connection), isGuarded: true };
			return target;
		},
	};
}

const keyOf = ({ id, sealedKey, keyVersion }: ConnectionRow): string | undefined =>
	sealedKey === null ? undefined : unseal(sealedKey, keyPlace(id, keyVersion));

export const environmentId = "environment";
export const environmentKey = (name: string): string => `env:${name}`;

/** What the environment names: its models stand beside those of the console, and nobody changes them there. */
export function environmentModels(): KnownModel[] {
	const { QD_MODEL_URL, QD_MODEL, QD_MODELS = [], QD_VISION_MODELS = [], QD_MODEL_KEY } = env();
	const { QD_MODEL_INPUT_PRICE, QD_MODEL_OUTPUT_PRICE } = env();
	if (!QD_MODEL_URL || !QD_MODEL) return [];
	const limits = { ...modelLimits };
	const hasPrice = QD_MODEL_INPUT_PRICE > 0 || QD_MODEL_OUTPUT_PRICE > 0;
	const price = {
		currency: null,
		inputMicros: Math.round(QD_MODEL_INPUT_PRICE * 1_000_000),
		outputMicros: Math.round(QD_MODEL_OUTPUT_PRICE * 1_000_000),
		cachedMicros: null,
	};
	return [...new Set([QD_MODEL, ...QD_MODELS])].map((name) => ({
		key: environmentKey(name),
		name,
		contextTokens: null,
		modalities: QD_VISION_MODELS.includes(name) ? ["text", "image"] : null,
		capabilities: null,
		dataRegion: "",
		isEnabled: true,
		price: hasPrice ? price : null,
		connection: { id: environmentId, name: "Environment", kind: "openai", isEnabled: true, limits },
		target: () => ({
			id: environmentId,
			kind: "openai",
			address: QD_MODEL_URL,
			key: QD_MODEL_KEY,
			concurrency: null,
			limits,
			isGuarded: false,
		}),
		calls: 0,
		failures: 0,
		circuit: null,
	}));
}

const alone = (model: KnownModel): KnownRoute => ({
	name: model.name,
	isDefault: false,
	totalMs: modelLimits.totalMs,
	regions: [],
	steps: [{ model, conditions: {} }],
});

/**
 * The route of that name, or a model of the environment's by its own; for null the default route, or the environment's first
 * model. Null where there is none.
 */
export function findRoute({ routes, models }: Catalogue, name: string | null): KnownRoute | null {
	if (name !== null) {
		const model = models.get(environmentKey(name));
		return routes.get(name) ?? (model ? alone(model) : null);
	}
	const first = [...routes.values()].find(({ isDefault }) => isDefault);
	if (first) return first;
	const [model] = [...models.values()].filter(({ connection }) => connection.id === environmentId);
	return model ? alone(model) : null;
}

/** Which models a route asks, in which order: another mark is another route. */
export function routeMark(catalogue: Catalogue, name: string | null): string {
	const route = findRoute(catalogue, name);
	const steps = route?.steps.map(({ model, conditions }) => [
		...[model.key, model.name, model.connection.id, model.isEnabled && model.connection.isEnabled],
		conditions,
	]);
	return JSON.stringify([route?.name ?? name, route?.regions ?? [], steps ?? []]);
}

/** One model by itself, for whoever tries it. */
export const routeOf = (model: KnownModel): KnownRoute => alone(model);

export function providerOf(model: KnownModel): { provider: Provider; slots: ReturnType<typeof clientOf>["slots"] } {
	try {
		const client = clientOf(model.target());
		return { provider: client.provider(model.name), slots: client.slots };
	} catch (cause) {
		throw new ModelFailure("The key of this model's connection can't be opened: enter it anew.", {
			cause,
			reason: "key",
		});
	}
}

/** How old what a call goes by may be, in ms. */
const longestMs = 4_500;
const refreshMs = 2_000;

type Known = { is: { catalogue: Catalogue; at: number } | null; pending: Promise<Catalogue> | null };
const known = new WeakMap<Database, Known>();

function refresh(db: Database): Promise<Catalogue> {
	const at = performance.now();
	const own: Known = { is: known.get(db)?.is ?? null, pending: null };
	known.set(db, own);
	own.pending = readCatalogue(db.orm).then((catalogue) => {
		own.is = { catalogue, at };
		return catalogue;
	});
	own.pending
		.finally(() => {
			own.pending = null;
		})
		// Whoever waits for it hears of it.
		.catch(() => {});
	return own.pending;
}

/** What is set up, as of some seconds ago at most. Throws where that can't be known: then no model is asked. */
export async function catalogueNow(db: Database): Promise<Catalogue> {
	const { is = null, pending = null } = known.get(db) ?? {};
	if (is && performance.now() - is.at < longestMs) return is.catalogue;
	return pending ?? refresh(db);
}

/** What was changed by this process counts for its next call. */
export const forgetCatalogue = (db: Database): boolean => known.delete(db);

export type Follower = {
	/** What was last read; it tells what there is, not whether it may be asked. */
	seen: () => Catalogue;
	stop: () => Promise<void>;
};

/** Keeps the catalogue fresh, so that whoever asks a model waits for no database. */
export async function followCatalogue(db: Database, onProblem: (error: unknown) => void): Promise<Follower> {
	let seen = await catalogueNow(db);
	const renew = () => {
		refresh(db).then((is) => {
			seen = is;
		}, onProblem);
	};
	// After a break something may have been missed.
	const unlisten = await db.listen(modelsChannel, renew, renew);
	const timer = setInterval(renew, refreshMs);
	timer.unref();
	return {
		seen: () => seen,
		stop: async () => {
			clearInterval(timer);
			unlisten();
		},
	};
}
