"use client";

import type { MouseEvent } from "react";
import { useUrl } from "@/components/ui/use-url";
import type { Citation } from "@/server/runs/contract";

export const sourceHref = ({ documentId, page, chunkId }: Pick<Citation, "documentId" | "page" | "chunkId">): string =>
	`/knowledge/documents/${documentId}?page=${page}&chunk=${chunkId}`;

/** A plain click opens the source beside the chat, with the passage marked; any other leaves the link to the browser. */
export function useOpenSource(): (event: MouseEvent, citation: Citation) => void {
	const url = useUrl();
	return (event, citation) => {
		if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
		event.preventDefault();
		url.set({ source: citation.documentId, page: String(citation.page), chunk: String(citation.chunkId) });
	};
}
