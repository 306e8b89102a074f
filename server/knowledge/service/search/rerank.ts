import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { inSpan } from "@/server/core/spans";
import { environmentModel } from "@/server/models";
import type { Found } from "./passages";
import { chatReranker } from "./reranker-chat";
import { hostedReranker } from "./reranker-hosted";

/** A search that waits longer is worse than one in the order of fusion. */
const longestMs = 5_000;

/** Judges how well each text answers the query: the higher the better, in the order of the texts. */
export type Reranker = {
	name: string;
	/** How many of the fused list it is given. */
	depth: number;
	score(query: string, texts: string[], signal: AbortSignal): Promise<number[]>;
};

/** The one that the environment names; null where it names none, and fusion has the last word. */
export async function rerankerFor(ctx: ServiceContext): Promise<Reranker | null> {
	const { QD_RERANK_URL: url, QD_RERANK_KEY: key, QD_RERANK_MODEL: model, QD_RERANK_CHAT } = env();
	if (url && model) return hostedReranker({ url, key, model });
	if (QD_RERANK_CHAT === "off") return null;
	const chat = await environmentModel(ctx);
	return chat && chatReranker(chat, ctx);
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
	const judgedCount = Math.min(found.length, judge.depth);
	const limit = AbortSignal.timeout(longestMs);
	try {
		const scores = await inSpan({ kind: "rerank", name: judge.name }, (facts) => {
			facts.attributes = { passages: judgedCount };
			return judge.score(
				query,
				found.slice(0, judgedCount).map(({ heading, text }) => (heading ? `${heading}\n${text}` : text)),
				signal ? AbortSignal.any([signal, limit]) : limit,
			);
		});
		if (scores.length !== judgedCount || !scores.every(Number.isFinite))
			throw new Error(`${judge.name} gave ${scores.length} scores for ${judgedCount} passages`);
		const judged = found.slice(0, judgedCount).map((one, i) => ({ ...one, rerankScore: scores[i] ?? 0 }));
		const rest = found.slice(judgedCount).map((one) => ({ ...one, rerankScore: null }));
		return { passages: [...judged.toSorted((a, b) => b.rerankScore - a.rerankScore), ...rest], problem: null };
	} catch (error) {
		signal?.throwIfAborted();
		if (error instanceof AppError && error.code === "LIMIT_REACHED")
			return plain(`These passages are in the order of the search alone, without the reranker. ${error.message}`);
		log.warn({ err: error, reranker: judge.name }, "the passages were not reranked");
		return plain("The reranker gave no order just now: these passages are in the order of the search alone.");
	}
}
