import { estimateTokens } from "@/server/models/model";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { EmbeddingsRequest } from "./contract";

/** `POST /embeddings`: the vectors that searching uses. */
export async function embeddings(ctx: RequestContext, body: unknown): Promise<Response> {
	const request = EmbeddingsRequest.parse(body);
	const texts = [request.input].flat();
	const { model, vectors } = await createCaller(ctx).knowledge.embed({ texts });
	const data = vectors.map((vector, index) => ({
		object: "embedding",
		index,
		embedding: request.encoding_format === "base64" ? toBase64(vector) : vector,
	}));
	const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
	return Response.json(
		{ object: "list", model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } },
		{ headers: { "cache-control": "no-store" } },
	);
}

/** Float32, little-endian, as OpenAI's clients ask for it when left to themselves. */
const toBase64 = (vector: number[]): string => Buffer.from(new Float32Array(vector).buffer).toString("base64");
