import type { Passage } from "@/server/knowledge/contract";

/** Where a passage stands in its document. */
export const passageHref = ({ documentId, page, chunkId }: Pick<Passage, "documentId" | "page" | "chunkId">): string =>
	`/knowledge/documents/${documentId}?page=${page}&chunk=${chunkId}`;
