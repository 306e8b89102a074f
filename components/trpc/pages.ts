"use client";

import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import type { PageOf } from "./page-data";

const first: string | null = null;

/** A keyset list, page after page. tRPC's own options add a `direction` that our strict inputs refuse. */
export function usePages<Row>(list: {
	key: QueryKey;
	read: (cursor: string | undefined) => Promise<PageOf<Row>>;
	/** Read anew this often, by what it shows; left out: when it is looked at again. */
	everyMs?: number | ((rows: Row[]) => number);
	/** Each reading is written down: it is read when it is opened, not whenever its window is looked at. */
	isAudited?: boolean;
}) {
	const query = useInfiniteQuery({
		queryKey: list.key,
		queryFn: ({ pageParam }) => list.read(pageParam ?? undefined),
		initialPageParam: first,
		getNextPageParam: (last: PageOf<Row>) => last.next,
		refetchInterval: ({ state }) => {
			const { everyMs = false } = list;
			return typeof everyMs === "function" ? everyMs(rowsOf(state.data?.pages)) : everyMs;
		},
		refetchOnWindowFocus: !list.isAudited,
		refetchOnReconnect: !list.isAudited,
	});
	return {
		rows: rowsOf(query.data?.pages),
		isLoading: query.isPending,
		error: query.data ? null : query.error,
		hasMore: query.hasNextPage,
		isLoadingMore: query.isFetchingNextPage,
		loadMore: () => void query.fetchNextPage(),
		retry: () => void query.refetch(),
	};
}

const rowsOf = <Row>(pages: PageOf<Row>[] = []): Row[] => pages.flatMap((page) => page.rows);
