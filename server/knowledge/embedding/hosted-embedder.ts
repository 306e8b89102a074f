import { z } from "zod";
import { type Embedder, EmbedderAway } from "./local-embedder";

type Endpoint = { url: string; key: string | undefined; model: string; dimension: number };

/** Texts to a call, and how long one may take; a question's is waited for. */
const textsAtOnce = 32;
const longestMs = 30_000;
const longestUrgentMs = 5_000;

const Answer = z.object({ data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()) })) });

/** An embedding model behind an endpoint that speaks OpenAI's API, such as `https://api.openai.com/v1`. */
export class HostedEmbedder implements Embedder {
	readonly model: string;
	readonly dimension: number;
	readonly isLocal = false;
	readonly mostCharacters = 4_000;

	constructor(private readonly endpoint: Endpoint) {
		this.model = endpoint.model;
		this.dimension = endpoint.dimension;
	}

	async embed(texts: string[], { urgent = false }: { urgent?: boolean } = {}): Promise<Float32Array[]> {
		const vectors: Float32Array[] = [];
		for (let from = 0; from < texts.length; from += textsAtOnce)
			vectors.push(...(await this.ask(texts.slice(from, from + textsAtOnce), urgent ? longestUrgentMs : longestMs)));
		return vectors;
	}

	private async ask(input: string[], ms: number): Promise<Float32Array[]> {
		const { url, key, model } = this.endpoint;
		const signal = AbortSignal.timeout(ms);
		const response = await fetch(`${url.replace(/\/+$/, "")}/embeddings`, {
			method: "POST",
			headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
			body: JSON.stringify({ model, input, encoding_format: "float" }),
			redirect: "error",
			signal,
		}).catch((error: unknown) => {
			throw new EmbedderAway(`The embedding model ${model} could not be reached`, { cause: error });
		});
		if (!response.ok) {
			await response.body?.cancel();
			throw new EmbedderAway(`The embedding model ${model} answered ${response.status}`);
		}
		const parsed = Answer.safeParse(await response.json().catch(() => null));
		const vectors = new Array<Float32Array | undefined>(input.length);
		for (const { index, embedding } of parsed.data?.data ?? []) vectors[index] = this.unit(embedding);
		return vectors.slice(0, input.length).map((vector) => {
			if (!vector) throw new EmbedderAway(`The embedding model ${model} did not answer with a vector for each text`);
			return vector;
		});
	}

	/** Of length 1, as all that are compared. A vector of another dimension is of another model, and is never stored. */
	private unit(embedding: number[]): Float32Array {
		const { model, dimension } = this.endpoint;
		if (embedding.length !== dimension)
			throw new EmbedderAway(
				`The embedding model ${model} answered with ${embedding.length} numbers, and QD_EMBED_DIMENSION says ${dimension}`,
			);
		const size = Math.hypot(...embedding);
		if (!Number.isFinite(size) || size === 0) throw new EmbedderAway(`The embedding model ${model} gave no direction`);
		return Float32Array.from(embedding, (value) => value / size);
	}
}
