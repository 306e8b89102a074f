import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { agentVersions, datasetItems, datasets, experimentResults, experiments, experimentVariants } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";

type Ids = Record<string, unknown>;
const name = (what: string) => `${what} ${randomUUID()}`;

async function makeDataset(ctx: ServiceContext): Promise<string> {
	const scorers = [{ kind: "contains", key: "contains" }];
	const [row] = await ctx.db.orm
		.insert(datasets)
		.values({ name: name("Dataset"), ownerId: requireUser(ctx).userId, scorers })
		.returning({ id: datasets.id });
	return row?.id ?? "";
}
async function makeItem(ctx: ServiceContext, datasetId: string) {
	const [row] = await ctx.db.orm
		.insert(datasetItems)
		.values({ itemId: randomUUID(), datasetId, ordinal: 1, fromVersion: 1, input: "How many days of leave are there?" })
		.returning();
	if (!row) throw new Error("The item was not made");
	return row;
}
async function makeExperiment(ctx: ServiceContext) {
	const { orm } = ctx.db;
	const item = await makeItem(ctx, await makeDataset(ctx));
	const asked = { datasetId: item.datasetId, datasetVersion: 1, name: name("Experiment"), scorers: [], total: 1 };
	const [made] = await orm
		.insert(experiments)
		.values({ ...asked, userId: requireUser(ctx).userId })
		.returning();
	const fields = { name: name("Agent").slice(0, 60), description: "", promptVersionId: null, collectionIds: null };
	const { id: agentId } = await createAgent(ctx, { ...fields, access: "private" });
	const [version] = await orm.select().from(agentVersions).where(eq(agentVersions.agentId, agentId));
	const experimentId = made?.id ?? "";
	const [variant] = await orm
		.insert(experimentVariants)
		.values({ experimentId, ordinal: 1, agentId, agentVersionId: version?.id ?? "" })
		.returning();
	const variantId = variant?.id ?? "";
	const [result] = await orm
		.insert(experimentResults)
		.values({ experimentId, variantId, itemRowId: item.id, ordinal: 1, state: "done", score: 1 })
		.returning();
	return { experimentId, variantId, resultId: result?.id ?? "" };
}

/** One of every kind of object of evaluations. */
export const evaluationMakers = {
	/** The one of the item that stands beside it. */
	dataset: async (ctx: ServiceContext, { itemId }: Ids) => {
		const [beside] = await ctx.db.orm
			.select()
			.from(datasetItems)
			.where(eq(sql`${datasetItems.itemId}::text`, String(itemId)));
		return beside?.datasetId ?? makeDataset(ctx);
	},
	/** Of the dataset that stands beside it. */
	datasetItem: async (ctx: ServiceContext, { datasetId }: Ids) => {
		const there = await ctx.db.orm.$count(datasets, eq(sql`${datasets.id}::text`, String(datasetId)));
		return (await makeItem(ctx, there > 0 ? String(datasetId) : await makeDataset(ctx))).itemId;
	},
	/** With a question in it. */
	datasetToAsk: async (ctx: ServiceContext) => (await makeItem(ctx, await makeDataset(ctx))).datasetId,
	/** The one of the answer that stands beside it. */
	experiment: async (ctx: ServiceContext, { resultId }: Ids) => {
		const [beside] = await ctx.db.orm
			.select()
			.from(experimentResults)
			.where(eq(sql`${experimentResults.id}::text`, String(resultId)));
		return beside?.experimentId ?? (await makeExperiment(ctx)).experimentId;
	},
	/** Of the experiment that stands beside it. */
	experimentResult: async (ctx: ServiceContext, { experimentId }: Ids) => {
		const [beside] = await ctx.db.orm
			.select()
			.from(experimentResults)
			.where(eq(sql`${experimentResults.experimentId}::text`, String(experimentId)));
		return beside?.id ?? (await makeExperiment(ctx)).resultId;
	},
	experimentVariant: async (ctx: ServiceContext) => (await makeExperiment(ctx)).variantId,
};
