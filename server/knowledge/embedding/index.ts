import { cacheOf } from "@/server/core/cache";
import { env } from "@/server/core/env";
import { HostedEmbedder } from "./hosted-embedder";
import { type Embedder, LocalEmbedder } from "./local-embedder";

export { type Embedder, EmbedderAway } from "./local-embedder";

const global = globalThis as { quarterdeckEmbedder?: LocalEmbedder; quarterdeckHostedEmbedder?: Embedder | null };

/** The one that is built in. Kept on globalThis, where hot reloading leaves it alone. */
function localEmbedder(): Embedder {
	global.quarterdeckEmbedder ??= new LocalEmbedder();
	return global.quarterdeckEmbedder;
}

/** Before a process exits: a thread that is just loading its model would end it by a signal. */
export async function stopEmbedding(): Promise<void> {
	await global.quarterdeckEmbedder?.stop();
}

function hostedEmbedder(): Embedder | null {
	if (global.quarterdeckHostedEmbedder === undefined) {
		const { QD_EMBED_URL: url, QD_EMBED_KEY: key, QD_EMBED_MODEL: model, QD_EMBED_DIMENSION: dimension } = env();
		global.quarterdeckHostedEmbedder =
			url && model && dimension ? new HostedEmbedder({ url, key, model, dimension }) : null;
	}
	return global.quarterdeckHostedEmbedder;
}

/** For tests: another model behind an endpoint, or none. */
export function setHostedEmbedder(embedder: Embedder | null): void {
	global.quarterdeckHostedEmbedder = embedder;
}

/** Every model that there is now, the one for new collections first. */
export const embedders = (): Embedder[] => [hostedEmbedder(), localEmbedder()].filter((one) => one !== null);

/** The one for new collections: what the environment names, else what is built in. */
export const embedder = (): Embedder => hostedEmbedder() ?? localEmbedder();

/** The model that made an index; null where it is not set up any more. */
export const embedderOf = ({ model, dimension }: { model: string; dimension: number }): Embedder | null =>
	embedders().find((one) => one.model === model && one.dimension === dimension) ?? null;

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

/**
 * A question's vector, before all texts that wait. It depends on the words alone, and is the same whoever asks. `embed` is asked
 * where nobody knows it yet.
 */
export const embedQuery = (
	text: string,
	by: Embedder = embedder(),
	embed: (texts: string[]) => Promise<Float32Array[]> = (texts) => by.embed(texts, { urgent: true }),
): Promise<Float32Array> =>
	vectors({ rights: null, version: [by.model, by.dimension], asked: text }, async () => {
		const [vector] = await embed([text]);
		if (!vector) throw new Error("The embedder answered without a vector");
		return vector;
	});
