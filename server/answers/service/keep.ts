import { sql } from "drizzle-orm";
import { cachedAnswers } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { questionVector } from "@/server/knowledge/service";
import type { RunResult } from "@/server/runs/contract";
import { digestOf } from "./place";
import { sameWords, wordingOf } from "./wording";

export type MadeAnswer = {
	agentId: string;
	runId: string;
	place: string;
	question: string;
	answer: string;
	result: RunResult;
	documentIds: string[];
	minutes: number;
};

/** Keeps an answer for whoever asks the same in the same place; of two at once, the last one stays. */
export async function keepAnswer({ db }: ServiceContext, made: MadeAnswer): Promise<void> {
	const { agentId, runId, place, answer, documentIds, minutes } = made;
	const { usage, hops: _, cost: __, window: ___, searchedFor: ____, cached: _____, ...result } = made.result;
	const { model, vector } = await questionVector(made.question);
	const row = {
		...{ agentId, runId, answer, documentIds, result },
		wording: digestOf(wordingOf(made.question)),
		embedder: model,
		vector: Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength),
		tokens: usage.inputTokens + usage.outputTokens,
		expiresAt: sql`now() + make_interval(mins => ${minutes})`,
	};
	await db.orm
		.insert(cachedAnswers)
		.values({ ...row, place, question: digestOf(sameWords(made.question)) })
		.onConflictDoUpdate({
			target: [cachedAnswers.place, cachedAnswers.question],
			set: { ...row, createdAt: sql`now()` },
		});
}
