import { randomUUID } from "node:crypto";
import type { Database } from "@/db/connection";
import { holdCall } from "@/server/budgets/service";
import { AppError } from "@/server/core/errors";
import { noteSpan } from "@/server/core/spans";
import type { CallRow } from "./call-log";
import type { Catalogue, KnownModel } from "./catalogue";
import { ModelFailure, maxAnswerTokens } from "./model";
import { costOf } from "./prices";

/** What its row may take to be written, after the longest that a call takes, in ms. */
const graceMs = 60_000;

type Hop = {
	who: Pick<CallRow, "userId" | "keyId" | "agentId">;
	model: KnownModel;
	inputTokens: number;
	mostTokens: number | undefined;
	totalMs: number;
};

/** Whoever asks a model comes by here, whatever for: a run, a trial, a reranking. Throws a ModelFailure where it may not be paid, or nobody knows. */
export async function holdHop(
	{ db, budgets }: Pick<Catalogue, "budgets"> & { db: Database },
	{ who, model, inputTokens, mostTokens = maxAnswerTokens, totalMs }: Hop,
): Promise<{ callId: string; isHeld: boolean }> {
	const callId = randomUUID();
	if (budgets.length === 0) return { callId, isHeld: false };
	const outputTokens = Math.min(mostTokens, maxAnswerTokens);
	const began = performance.now();
	const span = { kind: "budget", name: "Hold back" } as const;
	try {
		const isHeld = await holdCall(db, budgets, {
			callId,
			whose: { userId: who.userId ?? null, keyId: who.keyId ?? null, agentId: who.agentId ?? null, model },
			most: {
				tokens: inputTokens + outputTokens,
				micros: costOf(model.price, { inputTokens, outputTokens }),
				currency: model.price?.currency ?? null,
			},
			ttlMs: totalMs + graceMs,
		});
		if (isHeld) noteSpan(span, began, { model: model.name, attributes: { callId } });
		return { callId, isHeld };
	} catch (error) {
		const errorCode = error instanceof AppError ? error.code : "unchecked";
		noteSpan(span, began, { status: "failed", errorCode, model: model.name });
		if (error instanceof AppError && error.code === "LIMIT_REACHED")
			throw new ModelFailure(error.message, { cause: error, reason: "budget" });
		throw new ModelFailure("Whether it may be paid could not be looked up.", { cause: error, reason: "unchecked" });
	}
}
