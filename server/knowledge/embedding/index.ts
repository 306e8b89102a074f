import { cacheOf } from "@/server/core/cache";
import { type Embedder, LocalEmbedder } from "./local-embedder";

export type { Embedder } from "./local-embedder";

const global = globalThis as { quarterdeckEmbedder?: Embedder };

/** The process's embedder. Kept on globalThis, where hot reloading leaves it alone. */
export function embedder(): Embedder {
	global.quarterdeckEmbedder ??= new LocalEmbedder();
	return global.quarterdeckEmbedder;
}

export const embedTexts = (texts: string[]): Promise<Float32Array[]> => embedder().embed(texts);

const day = 86_400;
const vectors = cacheOf<Float32Array>({
	name: "question vectors",
	seconds: day,
	most: 1_000,
	shared: {
		write: (vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64"),
		read: (text) => new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer),
	},
});

/** A question's vector, before all texts that wait. It depends on the words alone, and is the same whoever asks. */
export const embedQuery = (text: string): Promise<Float32Array> =>
	vectors({ rights: null, version: embedder().model, asked: text }, async () => {
		const [vector] = await embedder().embed([text], { urgent: true });
		if (!vector) throw new Error("The embedder answered without a vector");
		return vector;
	});
