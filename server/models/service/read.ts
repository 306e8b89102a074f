import { asc, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { modelCircuits, modelConnections, modelPrices, modelRouteSteps, modelRoutes, models } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import { environmentModels } from "../catalogue";
import type {
	Connection,
	ConnectionDetail,
	FixedModels,
	ListConnections,
	ListedModel,
	ListModels,
	ListRoutes,
	Model,
	ModelPrice,
	OneConnection,
	OneRoute,
	Route,
	RouteStep,
} from "../contract";
import { extractiveName } from "../extractive";
import { modelChoices } from "./choices";

const columns = {
	id: modelConnections.id,
	name: modelConnections.name,
	kind: modelConnections.kind,
	address: modelConnections.address,
	hasKey: sql<boolean>`${modelConnections.sealedKey} is not null`,
	concurrency: modelConnections.concurrency,
	firstTokenMs: modelConnections.firstTokenMs,
	idleMs: modelConnections.idleMs,
	totalMs: modelConnections.totalMs,
	isEnabled: modelConnections.isEnabled,
	isProbed: modelConnections.isProbed,
	modelCount: sql<number>`(select count(*)::int from models m where m.connection_id = ${modelConnections.id})`,
	revision: modelConnections.revision,
	createdAt: modelConnections.createdAt,
};

/** The connections that were set up in the console; they are the organisation's. */
export async function listConnections(
	ctx: ServiceContext,
	input: ListConnections,
): Promise<{ rows: Connection[]; next: string | null }> {
	const { createdAt, name, id } = modelConnections;
	const list = listQuery(input, { filter: { name }, sort: { createdAt, name }, id });
	const rows = await ctx.db.orm
		.select({ ...columns, key: list.key })
		.from(modelConnections)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getConnection(ctx: ServiceContext, { connectionId }: OneConnection): Promise<ConnectionDetail> {
	const [[connection], found] = await Promise.all([
		ctx.db.orm.select(columns).from(modelConnections).where(eq(modelConnections.id, connectionId)),
		readModels(ctx.db.orm, eq(models.connectionId, connectionId)),
	]);
	if (!connection) throw notFound("This connection");
	return { ...connection, models: found };
}

/** Its own row's, and what its models are made of. */
export async function versionOfConnection(ctx: ServiceContext, { connectionId }: OneConnection): Promise<Version> {
	const [of] = await ctx.db.orm
		.select({
			row: sql`model_connections.xmin::text`,
			models: sql`(select md5(string_agg(m.id || m.xmin::text, ',' order by m.id)) from models m
				where m.connection_id = model_connections.id)`,
			prices: sql`(select md5(string_agg(p.id || p.xmin::text, ',' order by p.id)) from model_prices p
				join models m on m.id = p.model_id where m.connection_id = model_connections.id)`,
			routes: sql`(select md5(string_agg(s.route_id || s.model_id::text, ',' order by s.route_id, s.model_id))
				from model_route_steps s join models m on m.id = s.model_id where m.connection_id = model_connections.id)`,
			circuits: sql`(select md5(string_agg(c.model_key || c.xmin::text, ',' order by c.model_key)) from model_circuits c
				join models m on m.id::text = c.model_key where m.connection_id = model_connections.id and c.open_until > now())`,
		})
		.from(modelConnections)
		.where(eq(modelConnections.id, connectionId));
	if (!of) throw notFound("This connection");
	return { of };
}

export async function listModels(
	ctx: ServiceContext,
	input: ListModels,
): Promise<{ rows: ListedModel[]; next: string | null }> {
	const { id, connectionId, name, contextTokens, modalities, capabilities, dataRegion, isEnabled, createdAt } = models;
	const list = listQuery(input, { filter: { connectionId }, sort: { createdAt }, id });
	const rows = await ctx.db.orm
		.select({
			...{ id, connectionId, name, contextTokens, modalities, capabilities, dataRegion, isEnabled, createdAt },
			connection: modelConnections.name,
			key: list.key,
		})
		.from(models)
		.innerJoin(modelConnections, eq(modelConnections.id, connectionId))
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function readModels(db: Reader, which: SQL): Promise<Model[]> {
	const rows = await db
		.select({
			id: models.id,
			connectionId: models.connectionId,
			name: models.name,
			contextTokens: models.contextTokens,
			modalities: models.modalities,
			capabilities: models.capabilities,
			dataRegion: models.dataRegion,
			isEnabled: models.isEnabled,
			routes: sql<string[]>`coalesce((select json_agg(r.name order by r.name) from model_route_steps s
				join model_routes r on r.id = s.route_id where s.model_id = ${models.id}), '[]')`,
			revision: models.revision,
			createdAt: models.createdAt,
		})
		.from(models)
		.where(which)
		.orderBy(asc(models.name))
		.limit(200);
	const ids = rows.map(({ id }) => id);
	if (ids.length === 0) return [];
	const [prices, circuits] = await Promise.all([readPrices(db, ids), readCircuits(db)]);
	return rows.map((row) => ({ ...row, prices: prices.get(row.id) ?? [], circuit: circuits.get(row.id) ?? null }));
}

async function readPrices(db: Reader, ids: string[]): Promise<Map<string, ModelPrice[]>> {
	const { modelId, id, currency, inputMicros, outputMicros, cachedMicros, validFrom } = modelPrices;
	const rows = await db
		.select({ modelId, id, currency, inputMicros, outputMicros, cachedMicros, validFrom })
		.from(modelPrices)
		.where(inArray(modelId, ids))
		.orderBy(desc(validFrom))
		.limit(2_000);
	const byModel = Map.groupBy(rows, (row) => row.modelId);
	return new Map([...byModel].map(([of, all]) => [of, all.map(({ modelId: _, ...price }) => price)]));
}

type Resting = { openUntil: Date; reason: string };
async function readCircuits(db: Reader): Promise<Map<string, Resting>> {
	const rows = await db
		.select({ key: modelCircuits.modelKey, openUntil: modelCircuits.openUntil, reason: modelCircuits.reason })
		.from(modelCircuits)
		.where(sql`${modelCircuits.openUntil} > now()`);
	return new Map(rows.map(({ key, ...circuit }) => [key, circuit]));
}

/** A variable may hold what a person may not enter: a name, a password, a key behind a question mark. */
function shownAddress(address: string): string {
	const { origin, pathname } = new URL(address);
	return `${origin}${pathname}`;
}

/** What is there without a row. */
export async function fixedModels(ctx: ServiceContext): Promise<FixedModels> {
	const { QD_MODEL_URL, QD_MODEL_KEY } = env();
	const db = ctx.db.orm;
	const known = environmentModels();
	const [circuits, { first }, [price]] = await Promise.all([
		readCircuits(db),
		modelChoices(db),
		db.select({ currency: modelPrices.currency }).from(modelPrices).limit(1),
	]);
	const environment =
		QD_MODEL_URL && known.length > 0
			? {
					kind: "openai" as const,
					address: shownAddress(QD_MODEL_URL),
					hasKey: QD_MODEL_KEY !== undefined,
					models: known.map(({ key, name, price: own }) => ({
						key,
						name,
						hasPrice: own !== null,
						circuit: circuits.get(key) ?? null,
					})),
				}
			: null;
	return { environment, builtIn: extractiveName, defaultRoute: first, currency: price?.currency ?? null };
}

const stepsOf = sql<RouteStep[]>`coalesce((
	select json_agg(json_build_object('modelId', m.id, 'model', m.name, 'connection', c.name,
		'isEnabled', m.is_enabled and c.is_enabled, 'conditions', s.conditions) order by s.position)
	from ${modelRouteSteps} s join models m on m.id = s.model_id join model_connections c on c.id = m.connection_id
	where s.route_id = ${modelRoutes.id}), '[]')`;
const routeColumns = {
	id: modelRoutes.id,
	name: modelRoutes.name,
	description: modelRoutes.description,
	isDefault: modelRoutes.isDefault,
	totalMs: modelRoutes.totalMs,
	regions: modelRoutes.regions,
	steps: stepsOf,
	revision: modelRoutes.revision,
	createdAt: modelRoutes.createdAt,
};

export async function listRoutes(
	ctx: ServiceContext,
	input: ListRoutes,
): Promise<{ rows: Route[]; next: string | null }> {
	const { createdAt, name, id } = modelRoutes;
	const list = listQuery(input, { filter: { name }, sort: { createdAt, name }, id });
	const rows = await ctx.db.orm
		.select({ ...routeColumns, key: list.key })
		.from(modelRoutes)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getRoute(ctx: ServiceContext, { routeId }: OneRoute): Promise<Route> {
	const [route] = await ctx.db.orm.select(routeColumns).from(modelRoutes).where(eq(modelRoutes.id, routeId));
	if (!route) throw notFound("This route");
	return route;
}

/** Its own row's, and what its models are called and whether they are on. */
export async function versionOfRoute(ctx: ServiceContext, { routeId }: OneRoute): Promise<Version> {
	const [of] = await ctx.db.orm
		.select({ row: sql`model_routes.xmin::text`, steps: sql`md5(${stepsOf}::text)` })
		.from(modelRoutes)
		.where(eq(modelRoutes.id, routeId));
	if (!of) throw notFound("This route");
	return { of };
}
