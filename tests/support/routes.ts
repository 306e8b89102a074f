import type { ServiceContext } from "@/server/core/context";
import { AddConnection, AddModel, AddRoute } from "@/server/models/contract";
import { addConnection, addModel, addPrice, addRoute } from "@/server/models/service";

/** The default route, by name and price of its models in their order: millionths of a euro for a million tokens, read or written. */
export async function makeRoute(admin: ServiceContext, address: string, prices: Record<string, number>): Promise<void> {
	const connection = { name: "Stand-in", kind: "openai", address, key: "sk-test" };
	const { id: connectionId } = await addConnection(admin, AddConnection.parse(connection));
	const steps = [];
	for (const [name, price] of Object.entries(prices)) {
		const model = await addModel(admin, AddModel.parse({ connectionId, name, contextTokens: 50_000 }));
		const money = { currency: "EUR", inputMicros: price, outputMicros: price, cachedMicros: null };
		await addPrice(admin, { modelId: model.id, ...money });
		steps.push({ modelId: model.id });
	}
	await addRoute(admin, AddRoute.parse({ name: "house", steps, isDefault: true }));
}
