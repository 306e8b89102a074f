import type { ServiceContext } from "@/server/core/context";
import { unreadableDocuments } from "@/server/knowledge/service";
import type { Citation } from "../contract";

const hidden = "A document that you may not read";

/** Citations of answers to somebody else's questions: the text and the name of what the caller may not read themselves is left out. */
export async function hideSources(ctx: ServiceContext, lists: readonly Citation[][]): Promise<Citation[][]> {
	const ids = [...new Set(lists.flat().map(({ documentId }) => documentId))];
	const unreadable = new Set(await unreadableDocuments(ctx, ids));
	if (unreadable.size === 0) return lists.map((list) => [...list]);
	return lists.map((list) =>
		list.map((one) =>
			unreadable.has(one.documentId) ? { ...one, documentName: hidden, snippet: "", page: 1, pageCount: null } : one,
		),
	);
}
