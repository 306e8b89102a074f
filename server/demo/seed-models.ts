import type { Database } from "@/db/connection";
import type { AddConnection, AddModel } from "@/server/models/contract";
import { addModel, addPrice, addRoute, insertConnection, listConnections, listRoutes } from "@/server/models/service";
import { demoContext, everyRow } from "./context";
import type { DemoActors } from "./seed-people";

type DemoConnection = Pick<AddConnection, "name" | "kind" | "address"> & {
	models: (Omit<AddModel, "connectionId"> & { input: number; output: number })[];
};

const million = 1_000_000;
/** Two that there might be: both are off until somebody enters an address and a key of their own. */
const connections: readonly DemoConnection[] = [
	{
		name: "Harbour rack",
		kind: "openai",
		address: "https://models.marrowby.example/v1",
		models: [
			{
				name: "marrow-8b",
				contextTokens: 32_000,
				modalities: ["text"],
				capabilities: ["tools"],
				dataRegion: "here",
				input: 0.05,
				output: 0.2,
			},
		],
	},
	{
		name: "Anthropic",
		kind: "anthropic",
		address: "https://api.anthropic.com",
		models: [
			{
				name: "large-with-pictures",
				contextTokens: 200_000,
				modalities: ["text", "image"],
				capabilities: ["tools", "json"],
				dataRegion: "eu",
				input: 3,
				output: 15,
			},
		],
	},
];
const route = "house";

/** Two connections with a priced model each, and a route over both; what is there already, by its name, is left alone. */
export async function seedModels(db: Database, actors: DemoActors): Promise<void> {
	const ctx = demoContext(db, actors.tobias);
	const known = new Set((await everyRow((page) => listConnections(ctx, page))).map(({ name }) => name));
	const modelIds: string[] = [];
	for (const { models, ...connection } of connections) {
		if (known.has(connection.name)) continue;
		const limits = { concurrency: 16, firstTokenMs: 30_000, idleMs: 30_000, totalMs: 120_000 };
		const values = { ...connection, ...limits, isProbed: true, isEnabled: false };
		const connectionId = await db.transaction((tx) => insertConnection(ctx, tx, values));
		for (const { input, output, ...model } of models) {
			const { id: modelId } = await addModel(ctx, { connectionId, ...model });
			const price = { inputMicros: input * million, outputMicros: output * million, cachedMicros: null };
			await addPrice(ctx, { modelId, currency: "EUR", ...price });
			modelIds.push(modelId);
		}
	}
	const routes = await everyRow((page) => listRoutes(ctx, page));
	if (modelIds.length < connections.length || routes.some(({ name }) => name === route)) return;
	await addRoute(ctx, {
		name: route,
		description: "The small one first, as it stands in our own rack; the large one where that is away.",
		totalMs: 120_000,
		regions: ["here", "eu"],
		steps: modelIds.map((modelId) => ({ modelId, conditions: {} })),
		isDefault: false,
	});
}
