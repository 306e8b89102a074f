import { randomUUID } from "node:crypto";
import { holdCall } from "@/server/budgets/service";
import type { ServiceContext } from "@/server/core/context";
import { inSpan } from "@/server/core/spans";
import { sharedParts, whoOf } from "@/server/models";
import { catalogueNow } from "@/server/models/catalogue";
import { estimateTokens } from "@/server/models/model";
import type { Embedder } from "../embedding";

/** As long as a hosted model's answers for a batch may take, and the writing of their row, in ms. */
const ttlMs = 300_000;

/**
 * Vectors for texts, held back of the budgets of whoever they are made for and counted like any call of a model. What is
 * embedded on this machine costs nothing, and asks nobody. Throws LIMIT_REACHED.
 */
export const embedFor = (
	ctx: ServiceContext,
	by: Embedder,
	texts: string[],
	options: { urgent?: boolean } = {},
): Promise<Float32Array[]> =>
	inSpan({ kind: "embedding", name: by.model }, (facts) => {
		Object.assign(facts, { model: by.model, attributes: { texts: texts.length, isLocal: by.isLocal } });
		return embedCounted(ctx, by, texts, options);
	});

async function embedCounted(
	ctx: ServiceContext,
	by: Embedder,
	texts: string[],
	options: { urgent?: boolean },
): Promise<Float32Array[]> {
	if (by.isLocal || texts.length === 0) return by.embed(texts, options);
	const { budgets } = await catalogueNow(ctx.db);
	const who = whoOf(ctx.actor);
	const model = { key: `embed:${by.model}`, name: by.model };
	const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
	const callId = randomUUID();
	const most = { tokens, micros: null, currency: null };
	const isHeld = await holdCall(ctx.db, budgets, { callId, whose: { ...who, model }, most, ttlMs });
	const started = performance.now();
	let outcome: "answered" | "failed" = "failed";
	try {
		const vectors = await by.embed(texts, options);
		outcome = "answered";
		return vectors;
	} finally {
		const row = {
			...{ id: callId, createdAt: new Date(), runId: null, ...who },
			...{ modelKey: model.key, model: model.name, connection: "Embeddings", outcome },
			// Its endpoint does not say what it took.
			...{ inputTokens: outcome === "answered" ? tokens : 0, outputTokens: 0, isEstimated: true },
			ms: Math.round(performance.now() - started),
		};
		sharedParts(ctx.db).calls.add(row, isHeld);
	}
}
