import { type Embedder, LocalEmbedder } from "./local-embedder";

export type { Embedder } from "./local-embedder";

const kept = 256;
const global = globalThis as { quarterdeckEmbedder?: Embedder };
const known = new Map<string, Promise<Float32Array>>();

/** The process's embedder. Kept on globalThis, where hot reloading leaves it alone. */
export function embedder(): Embedder {
	global.quarterdeckEmbedder ??= new LocalEmbedder();
	return global.quarterdeckEmbedder;
}

export const embedTexts = (texts: string[]): Promise<Float32Array[]> => embedder().embed(texts);

/** A question's vector, before all texts that wait; the last few hundred questions are remembered. */
export function embedQuery(text: string): Promise<Float32Array> {
	const vector = known.get(text) ?? embedOne(text);
	known.delete(text);
	known.set(text, vector);
	for (const oldest of known.keys()) {
		if (known.size <= kept) break;
		known.delete(oldest);
	}
	return vector;
}

async function embedOne(text: string): Promise<Float32Array> {
	try {
		const [vector] = await embedder().embed([text], { urgent: true });
		if (!vector) throw new Error("The embedder answered without a vector");
		return vector;
	} catch (error) {
		known.delete(text);
		throw error;
	}
}
