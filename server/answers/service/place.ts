import { createHash } from "node:crypto";
import type { ServiceContext } from "@/server/core/context";
import { scopeMark } from "@/server/knowledge/service";

/** What an answer depends on beside the question and the documents. */
export type Asked = {
	agentId: string;
	agentVersionId: string;
	/** What the agent is told, with its variables filled: prompts of any version that say the same are the same. */
	instructions: string | null;
	/** The route, with the models that it asks. */
	models: string;
	/** What it looks in; null for all that its asker may read. */
	collectionIds: string[] | null;
};

export const digestOf = (...parts: unknown[]): string =>
	createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/**
 * Where an answer holds, for this caller at this moment: the rights of whoever asks are worked out anew each time, and each change
 * of a collection makes another place of it. Null where they may search nothing.
 */
export async function placeOf(ctx: ServiceContext, asked: Asked): Promise<string | null> {
	const { collectionIds, ...rest } = asked;
	const scope = await scopeMark(ctx, collectionIds ? { collectionIds } : {});
	return scope === null ? null : digestOf(rest, collectionIds?.toSorted() ?? null, scope);
}
