import { asc } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { modelRoutes } from "@/db/schema";
import { environmentModels } from "../catalogue";

export type ModelChoices = { models: string[]; routes: string[]; first: string | null };

/** What agents may be given by name: routes, and the models that the environment names. */
export async function modelChoices(db: Reader): Promise<ModelChoices> {
	const rows = await db
		.select({ name: modelRoutes.name, isDefault: modelRoutes.isDefault })
		.from(modelRoutes)
		.orderBy(asc(modelRoutes.name));
	const routes = rows.map(({ name }) => name);
	const others = environmentModels().map(({ name }) => name);
	const first = rows.find(({ isDefault }) => isDefault)?.name ?? others[0] ?? null;
	return { models: [...new Set([...routes, ...others])], routes, first };
}

export const modelNames = async (db: Reader): Promise<string[]> => (await modelChoices(db)).models;
