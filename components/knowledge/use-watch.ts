"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { followStream } from "@/components/trpc/follow-stream";
import { mapRows, type Pages } from "@/components/trpc/page-data";
import type { CollectionChange, Document } from "@/server/knowledge/contract";

type Total = CollectionChange["total"];

/** Puts documents into the list that is shown: the known in their place, new ones first. */
function merge(pages: Pages<Document> | undefined, changed: Document[], removedIds: string[]) {
	if (!pages) return pages;
	const byId = new Map(changed.map((document) => [document.id, document]));
	const removed = new Set(removedIds);
	const known = new Set(pages.pages.flatMap((page) => page.rows.map((row) => row.id)));
	const next = mapRows(pages, (row) => (removed.has(row.id) ? null : (byId.get(row.id) ?? row)));
	const fresh = changed
		.filter(({ id }) => !known.has(id) && !removed.has(id))
		.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
	const [first, ...rest] = next.pages;
	if (!first || fresh.length === 0) return next;
	// A document that is older than the whole list stands on a page that was not fetched yet.
	const last = first.rows.at(-1);
	const isComplete = next.pages.at(-1)?.next === null;
	const wanted = fresh.filter((document) => isComplete || !last || document.createdAt >= last.createdAt);
	return { ...next, pages: [{ ...first, rows: [...wanted, ...first.rows] }, ...rest] };
}

/** Follows a collection while its documents are read. Answers its totals once they are known. */
export function useWatch(collectionId: string): {
	total: Total | null;
	isCut: boolean;
	put: (document: Document) => void;
} {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const [total, setTotal] = useState<Total | null>(null);
	const [isCut, setCut] = useState(false);
	const apply = useCallback(
		(documents: Document[], removedIds: string[]) =>
			cache.setQueryData<Pages<Document>>(api.knowledge.listDocuments.infiniteQueryKey({ collectionId }), (pages) =>
				merge(pages, documents, removedIds),
			),
		[api, cache, collectionId],
	);
	useEffect(
		() =>
			followStream<CollectionChange>({
				open: (lastEventId, handlers) =>
					client.knowledge.watchCollection.subscribe({ collectionId, lastEventId }, handlers),
				after: null,
				onEvent: (change) => {
					apply(change.documents, change.removedIds);
					setTotal(change.total);
				},
				onLink: (link) => setCut(link === "cut"),
				onRefused: () => setCut(false),
				isDone: () => false,
				probe: () => client.auth.me.query({}),
			}),
		[client, collectionId, apply],
	);
	const put = useCallback((document: Document) => apply([document], []), [apply]);
	return { total, isCut, put };
}
