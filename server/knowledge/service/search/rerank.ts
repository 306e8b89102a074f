import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import type { Found } from "./passages";
import { hostedReranker } from "./reranker-hosted";

/** How many of the fused list a reranker is given. */
export const rerankDepth = 40;
/** A search that waits longer is worse than one in the order of fusion. */
const longestMs = 5_000;

/** Judges how well each text answers the query: the higher the better, in the order of the texts. */
export type Reranker = {
	name: string;
	score(query: string, texts: string[], signal: AbortSignal): Promise<number[]>;
};

/** The one that the environment names; null where it names none, and fusion has the last word. */
export function reranker(): Reranker | null {
	const { QD_RERANK_URL: url, QD_RERANK_KEY: key, QD_RERANK_MODEL: model } = env();
	return url && model ? hostedReranker({ url, key, model }) : null;
}

type Judged = { passages: (Found & { rerankScore: number | null })[]; problem: string | null };

/** In the order that the reranker gives; in the order of fusion, and said so, where it gives none. */
export async function rerank(
	judge: Reranker | null,
	query: string,
	found: Found[],
	signal?: AbortSignal,
): Promise<Judged> {
	const plain = (problem: string | null) => ({
		passages: found.map((one) => ({ ...one, rerankScore: null })),
		problem,
	});
	if (!judge || found.length < 2) return plain(null);
	const limit = AbortSignal.timeout(longestMs);
	try {
		const scores = await judge.score(
			query,
			found.map(({ heading, text }) => (heading ? `${heading}\n${text}` : text)),
			signal ? AbortSignal.any([signal, limit]) : limit,
		);
		if (scores.length !== found.length || !scores.every(Number.isFinite))
			throw new Error(`${judge.name} gave ${scores.length} scores for ${found.length} passages`);
		const passages = found
			.map((one, i) => ({ ...one, rerankScore: scores[i] ?? 0 }))
			.toSorted((a, b) => b.rerankScore - a.rerankScore);
		return { passages, problem: null };
	} catch (error) {
		signal?.throwIfAborted();
		log.warn({ err: error, reranker: judge.name }, "the passages were not reranked");
		return plain("The reranker gave no order just now: these passages are in the order of the search alone.");
	}
}
