import { and, desc, eq, gt, or, type SQL, sql } from "drizzle-orm";
import { cachedAnswers } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { questionVector, unreadableDocuments } from "@/server/knowledge/service";
import { RunResult } from "@/server/runs/contract";
import { digestOf } from "./place";
import { sameWords, wordingOf } from "./wording";

export type KnownAnswer = { answer: string; result: RunResult; documentIds: string[] };

/** As near as questions of the same words lie; any nearer is the same question. */
const leastNear = 0.9;

/** None of its documents has gone or changed since, in whatever way: then it is as true as it was. */
const stillHolds: SQL = sql`not exists (
	select from jsonb_array_elements_text(${cachedAnswers.documentIds}) as rests(id)
	left join documents d on d.id = rests.id::uuid
	where d.id is null or d.deleted_at is not null or d.updated_at > ${cachedAnswers.createdAt})`;

/**
 * An answer to this question that holds in this place, which the caller may have: every document that it rests on is theirs to read
 * at this moment. Null where there is none.
 */
export async function findAnswer(
	ctx: ServiceContext,
	{ place, question, isSimilar }: { place: string; question: string; isSimilar: boolean },
): Promise<KnownAnswer | null> {
	const exact = digestOf(sameWords(question));
	const wording = wordingOf(question);
	const isIt = eq(cachedAnswers.question, exact);
	const rows = await ctx.db.orm
		.select({
			isExact: sql<boolean>`${isIt}`,
			answer: cachedAnswers.answer,
			result: cachedAnswers.result,
			documentIds: cachedAnswers.documentIds,
			tokens: cachedAnswers.tokens,
			embedder: cachedAnswers.embedder,
			vector: cachedAnswers.vector,
			createdAt: cachedAnswers.createdAt,
		})
		.from(cachedAnswers)
		.where(
			and(
				eq(cachedAnswers.place, place),
				isSimilar && wording !== "" ? or(isIt, eq(cachedAnswers.wording, digestOf(wording))) : isIt,
				gt(cachedAnswers.expiresAt, sql`now()`),
				stillHolds,
			),
		)
		.orderBy(desc(sql`${isIt}`), desc(cachedAnswers.createdAt))
		.limit(4);
	for (const row of rows) {
		if (!row.isExact && !(await isNear(question, row))) continue;
		if ((await unreadableDocuments(ctx, row.documentIds)).length > 0) continue;
		const cached = {
			answeredAt: row.createdAt.toISOString(),
			isSimilar: !row.isExact,
			savedTokens: row.tokens,
			documentIds: row.documentIds,
		};
		const result = RunResult.parse({ ...row.result, usage: { inputTokens: 0, outputTokens: 0 }, cached });
		return { answer: row.answer, result, documentIds: row.documentIds };
	}
	return null;
}

async function isNear(question: string, row: { embedder: string; vector: Buffer }): Promise<boolean> {
	const { model, vector } = await questionVector(question);
	if (model !== row.embedder) return false;
	const other = new Float32Array(new Uint8Array(row.vector).buffer);
	return cosine(vector, other) >= leastNear;
}

function cosine(one: Float32Array, other: Float32Array): number {
	if (one.length !== other.length) return 0;
	let dot = 0;
	let ones = 0;
	let others = 0;
	for (const [at, value] of one.entries()) {
		const second = other[at] ?? 0;
		dot += value * second;
		ones += value * value;
		others += second * second;
	}
	return ones > 0 && others > 0 ? dot / Math.sqrt(ones * others) : 0;
}
