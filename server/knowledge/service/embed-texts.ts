import type { ServiceContext } from "@/server/core/context";
import type { EmbeddedTexts, EmbedTexts } from "../contract";
import { embedder, embedTexts } from "../embedding";

/** The vectors that searching compares, for programs that compare texts of their own. Nothing is stored. */
export async function embedForCaller(_: ServiceContext, { texts }: EmbedTexts): Promise<EmbeddedTexts> {
	const vectors = await embedTexts(texts);
	return { model: embedder().model, vectors: vectors.map((vector) => [...vector]) };
}
