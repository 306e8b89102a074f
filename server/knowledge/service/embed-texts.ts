import type { ServiceContext } from "@/server/core/context";
import type { EmbeddedTexts, EmbedTexts } from "../contract";
import { embedder } from "../embedding";
import { embedFor } from "./counted-embedding";

/** The vectors that searching compares, for programs that compare texts of their own. Nothing is stored. */
export async function embedForCaller(ctx: ServiceContext, { texts }: EmbedTexts): Promise<EmbeddedTexts> {
	const by = embedder();
	const vectors = await embedFor(ctx, by, texts);
	return { model: by.model, vectors: vectors.map((vector) => [...vector]) };
}
