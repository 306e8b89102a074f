import { eq, ne, sql } from "drizzle-orm";
import { databaseCode, type Tx } from "@/db/connection";
import { modelConnections, modelPrices, modelRouteSteps, modelRoutes, models } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import { forgetCatalogue, tellModels } from "../catalogue";
import type { AddModel, AddPrice, ChangeModel, Gone, Model, OneModel, OnePrice } from "../contract";
import { inUse } from "./connections";
import { readModels } from "./read";

const mostModels = 100;
const mostPrices = 100;

async function getModel(ctx: ServiceContext, modelId: string): Promise<Model> {
	const [model] = await readModels(ctx.db.orm, eq(models.id, modelId));
	if (!model) throw notFound("This model");
	return model;
}

const nameTaken =
	(name: string | undefined) =>
	(error: unknown): never => {
		if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `This connection has a model ${name} already.`);
		throw error;
	};

export async function addModel(ctx: ServiceContext, { connectionId, ...model }: AddModel): Promise<Model> {
	const modelId = await ctx.db
		.transaction(async (tx) => {
			const [held] = await tx
				.select({ count: sql<number>`(select count(*)::int from models m where m.connection_id = ${connectionId})` })
				.from(modelConnections)
				.where(eq(modelConnections.id, connectionId))
				.for("update");
			if (!held) throw notFound("This connection");
			if (held.count >= mostModels) throw new AppError("CONFLICT", `A connection has at most ${mostModels} models.`);
			const [made] = await tx
				.insert(models)
				.values({ connectionId, ...model })
				.returning({ id: models.id });
			if (!made) throw new Error("the model was not stored");
			await audit(ctx, tx, { action: "model.add", resource: "model", resourceId: made.id, after: model });
			await tellModels(tx);
			return made.id;
		})
		.catch(nameTaken(model.name));
	forgetCatalogue(ctx.db);
	return getModel(ctx, modelId);
}

export async function changeModel(ctx: ServiceContext, input: ChangeModel): Promise<Model> {
	const { modelId, basedOn, ...change } = input;
	await ctx.db
		.transaction(async (tx) => {
			const [before] = await tx.select().from(models).where(eq(models.id, modelId)).for("update");
			if (!before) throw notFound("This model");
			expectUnchanged("this model", basedOn, before.revision);
			await tx
				.update(models)
				.set({ ...change, revision: before.revision + 1 })
				.where(eq(models.id, modelId));
			const was = Object.fromEntries(Object.entries(before).filter(([name]) => name in change));
			await audit(ctx, tx, {
				action: "model.change",
				resource: "model",
				resourceId: modelId,
				before: was,
				after: change,
			});
			await tellModels(tx);
		})
		.catch(nameTaken(change.name));
	forgetCatalogue(ctx.db);
	return getModel(ctx, modelId);
}

export async function removeModel(ctx: ServiceContext, { modelId }: OneModel): Promise<Gone> {
	await ctx.db.transaction(async (tx) => {
		const [held] = await tx.select({ name: models.name }).from(models).where(eq(models.id, modelId)).for("update");
		if (!held) throw notFound("This model");
		const used = await tx
			.select({ name: modelRoutes.name })
			.from(modelRouteSteps)
			.innerJoin(modelRoutes, eq(modelRoutes.id, modelRouteSteps.routeId))
			.where(eq(modelRouteSteps.modelId, modelId));
		if (used.length > 0) throw inUse(used.map(({ name }) => name));
		await tx.delete(models).where(eq(models.id, modelId));
		await audit(ctx, tx, { action: "model.remove", resource: "model", resourceId: modelId, before: held });
		await tellModels(tx);
	});
	forgetCatalogue(ctx.db);
	return { deleted: true };
}

/** Sums over runs mean something in one currency only. Two who set the first prices wait for each other here. */
async function expectCurrency(tx: Tx, modelId: string, currency: string): Promise<void> {
	await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('model_prices', 1))`);
	const [other] = await tx
		.select({ currency: modelPrices.currency })
		.from(modelPrices)
		.where(ne(modelPrices.currency, currency))
		.limit(1);
	if (other) throw invalidField("currency", `All prices here are in ${other.currency}.`);
	const [{ count = 0 } = {}] = await tx
		.select({ count: sql<number>`count(*)::int` })
		.from(modelPrices)
		.where(eq(modelPrices.modelId, modelId));
	if (count >= mostPrices) throw new AppError("CONFLICT", "It has as many prices as can be kept: remove old ones.");
}

/** What it costs from a moment on. What was written down before keeps the price of its time. */
export async function addPrice(ctx: ServiceContext, { modelId, validFrom, ...price }: AddPrice): Promise<Model> {
	await ctx.db
		.transaction(async (tx) => {
			const [held] = await tx.select({ id: models.id }).from(models).where(eq(models.id, modelId)).for("update");
			if (!held) throw notFound("This model");
			await expectCurrency(tx, modelId, price.currency);
			const from = validFrom ? new Date(validFrom) : new Date();
			await tx.insert(modelPrices).values({ modelId, ...price, validFrom: from });
			await audit(ctx, tx, {
				action: "model.price",
				resource: "model",
				resourceId: modelId,
				after: { ...price, validFrom: from.toISOString() },
			});
			await tellModels(tx);
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23505")
				throw new AppError("CONFLICT", "It has another price from that moment on: remove that one first.");
			throw error;
		});
	forgetCatalogue(ctx.db);
	return getModel(ctx, modelId);
}

export async function removePrice(ctx: ServiceContext, { priceId }: OnePrice): Promise<Model> {
	const modelId = await ctx.db.transaction(async (tx) => {
		const [gone] = await tx.delete(modelPrices).where(eq(modelPrices.id, priceId)).returning();
		if (!gone) throw notFound("This price");
		const { currency, inputMicros, outputMicros, cachedMicros, validFrom } = gone;
		await audit(ctx, tx, {
			action: "model.unprice",
			resource: "model",
			resourceId: gone.modelId,
			before: { currency, inputMicros, outputMicros, cachedMicros, validFrom: validFrom.toISOString() },
		});
		await tellModels(tx);
		return gone.modelId;
	});
	forgetCatalogue(ctx.db);
	return getModel(ctx, modelId);
}
