import type { Passage } from "@/server/knowledge/contract";
import type { ResearchState } from "./state";

/** Most passages that a report can cite. */
const mostPassages = 32;
const mark = /\[(\d{1,3})\]/g;

/** What a report is made of: passages in the order of their marks, and each part's finding with those marks. */
export type Material = { passages: Passage[]; texts: Map<string, string> };

/** The same for the same findings, whoever asks: the writer, the review and the check count alike. */
export function materialOf({ parts, findings }: Pick<ResearchState, "parts" | "findings">): Material {
	const inOrder = parts.flatMap(({ id }) => findings.find(({ part }) => part === id) ?? []);
	const passages: Passage[] = [];
	const places = new Map<number, number>();
	const add = (passage: Passage | undefined) => {
		if (!passage || places.has(passage.chunkId) || passages.length >= mostPassages) return;
		passages.push(passage);
		places.set(passage.chunkId, passages.length);
	};
	// What a finding cites comes first: it must be there to be cited.
	for (const { text, passages: own } of inOrder)
		for (const [, number] of text.matchAll(mark)) add(own[Number(number) - 1]);
	for (const { passages: own } of inOrder) for (const passage of own) add(passage);
	const texts = new Map(
		inOrder.map(({ part, text, passages: own }) => [
			part,
			text.replace(mark, (_, number: string) => {
				const place = places.get(own[Number(number) - 1]?.chunkId ?? -1);
				return place === undefined ? "" : `[${place}]`;
			}),
		]),
	);
	return { passages, texts };
}
