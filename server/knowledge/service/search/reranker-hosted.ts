import { z } from "zod";
import type { Reranker } from "./rerank";

type Endpoint = { url: string; key: string | undefined; model: string };

/** What Cohere, Jina, vLLM, Infinity and LiteLLM answer alike. */
const Answer = z.object({ results: z.array(z.object({ index: z.int().min(0), relevance_score: z.number() })) });

/** A reranker behind an address that the administrator set, such as `https://api.jina.ai/v1/rerank`. */
export const hostedReranker = ({ url, key, model }: Endpoint): Reranker => ({
	name: model,
	depth: 40,
	async score(query, documents, signal) {
		const response = await fetch(url, {
			method: "POST",
			headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
			body: JSON.stringify({ model, query, documents, top_n: documents.length, return_documents: false }),
			redirect: "error",
			signal,
		});
		if (!response.ok) {
			await response.body?.cancel();
			throw new Error(`the reranker answered ${response.status}`);
		}
		const { results } = Answer.parse(await response.json());
		const scores = new Array<number>(documents.length).fill(Number.NaN);
		for (const { index, relevance_score } of results) if (index < scores.length) scores[index] = relevance_score;
		return scores;
	},
});
