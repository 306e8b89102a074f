import { randomUUID } from "node:crypto";
import { eq, inArray, ne, sql } from "drizzle-orm";
import { databaseCode, type Tx } from "@/db/connection";
import { modelRouteSteps, modelRoutes, models, type StepConditions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import { environmentModels, forgetCatalogue, tellModels } from "../catalogue";
import type { AddRoute, ChangeRoute, Gone, OneRoute, Route } from "../contract";
import { getRoute } from "./read";

type Steps = AddRoute["steps"];

/** The conditions that were given, without those that were given as nothing. */
const given = (conditions: Steps[number]["conditions"]): StepConditions =>
	JSON.parse(JSON.stringify(conditions)) as StepConditions;

async function writeSteps(tx: Tx, routeId: string, steps: Steps): Promise<void> {
	const ids = steps.map(({ modelId }) => modelId);
	if (new Set(ids).size < ids.length) throw invalidField("steps", "A route asks each model once.");
	const found = ids.length === 0 ? [] : await tx.select({ id: models.id }).from(models).where(inArray(models.id, ids));
	if (found.length < ids.length) throw notFound("A model of this route");
	await tx.delete(modelRouteSteps).where(eq(modelRouteSteps.routeId, routeId));
	if (steps.length === 0) return;
	await tx.insert(modelRouteSteps).values(
		steps.map(({ modelId, conditions }, at) => ({
			routeId,
			position: at + 1,
			modelId,
			conditions: given(conditions),
		})),
	);
}

/** Two who change the default route wait for each other here. */
async function takeDefault(tx: Tx, routeId: string): Promise<void> {
	await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('model_routes', 1))`);
	await tx.update(modelRoutes).set({ isDefault: false }).where(ne(modelRoutes.id, routeId));
}

export async function addRoute(ctx: ServiceContext, input: AddRoute): Promise<Route> {
	const { steps, ...route } = input;
	// One name must mean one thing: agents hold it.
	if (environmentModels().some(({ name }) => name === route.name))
		throw new AppError("CONFLICT", `The environment sets a model ${route.name}: choose another name.`);
	const routeId = randomUUID();
	await ctx.db
		.transaction(async (tx) => {
			if (route.isDefault) await takeDefault(tx, routeId);
			await tx.insert(modelRoutes).values({ id: routeId, ...route });
			await writeSteps(tx, routeId, steps);
			await audit(ctx, tx, {
				action: "model-route.add",
				resource: "modelRoute",
				resourceId: routeId,
				after: { ...route, models: steps.map(({ modelId }) => modelId) },
			});
			await tellModels(tx);
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `There is a route ${route.name} already.`);
			throw error;
		});
	forgetCatalogue(ctx.db);
	return getRoute(ctx, { routeId });
}

export async function changeRoute(ctx: ServiceContext, input: ChangeRoute): Promise<Route> {
	const { routeId, basedOn, steps, ...change } = input;
	await ctx.db.transaction(async (tx) => {
		if (change.isDefault) await takeDefault(tx, routeId);
		const [before] = await tx.select().from(modelRoutes).where(eq(modelRoutes.id, routeId)).for("update");
		if (!before) throw notFound("This route");
		expectUnchanged("this route", basedOn, before.revision);
		await tx
			.update(modelRoutes)
			.set({ ...change, revision: before.revision + 1 })
			.where(eq(modelRoutes.id, routeId));
		const old = await tx
			.select({ modelId: modelRouteSteps.modelId, conditions: modelRouteSteps.conditions })
			.from(modelRouteSteps)
			.where(eq(modelRouteSteps.routeId, routeId))
			.orderBy(modelRouteSteps.position);
		if (steps) await writeSteps(tx, routeId, steps);
		const was = Object.fromEntries(Object.entries(before).filter(([name]) => name in change));
		await audit(ctx, tx, {
			action: "model-route.change",
			resource: "modelRoute",
			resourceId: routeId,
			before: { ...was, ...(steps ? { steps: old } : {}) },
			after: { ...change, ...(steps ? { steps } : {}) },
		});
		await tellModels(tx);
	});
	forgetCatalogue(ctx.db);
	return getRoute(ctx, { routeId });
}

/** One that an agent asks stays: its answers would come from nowhere. */
export async function removeRoute(ctx: ServiceContext, { routeId }: OneRoute): Promise<Gone> {
	await ctx.db.transaction(async (tx) => {
		const [held] = await tx.select().from(modelRoutes).where(eq(modelRoutes.id, routeId)).for("update");
		if (!held) throw notFound("This route");
		const used = await tx.execute<{ count: number }>(sql`
			select count(*)::int as count from agents a join agent_versions v on v.id = a.published_version_id
				or (v.agent_id = a.id and v.version is null)
			where a.archived_at is null and v.model = ${held.name}`);
		const count = used[0]?.count ?? 0;
		if (count > 0)
			throw new AppError(
				"CONFLICT",
				`${count === 1 ? "An agent or a draft asks" : `${count} agents or drafts ask`} this route: give them another one first.`,
			);
		await tx.delete(modelRoutes).where(eq(modelRoutes.id, routeId));
		const { name, isDefault } = held;
		await audit(ctx, tx, {
			action: "model-route.remove",
			resource: "modelRoute",
			resourceId: routeId,
			before: { name, isDefault },
		});
		await tellModels(tx);
	});
	forgetCatalogue(ctx.db);
	return { deleted: true };
}
