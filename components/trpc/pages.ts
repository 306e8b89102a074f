"use client";

import { type InfiniteData, type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

export type PageOf<Row> = { rows: Row[]; next: string | null };
export type Pages<Row> = InfiniteData<PageOf<Row>, string | null>;

/** A keyset list, page after page. tRPC's own options add a `direction` that our strict inputs refuse. */
export function usePages<Row>(list: {
	key: QueryKey;
	read: (cursor: string | undefined) => Promise<PageOf<Row>>;
	isEnabled?: boolean;
	everyMs?: number;
}) {
	const query = useInfiniteQuery({
		queryKey: list.key,
		queryFn: ({ pageParam }) => list.read(pageParam ?? undefined),
		initialPageParam: initialParam,
		getNextPageParam: (last: PageOf<Row>) => last.next,
		enabled: list.isEnabled ?? true,
		refetchInterval: list.everyMs ?? false,
	});
	return {
		rows: query.data?.pages.flatMap((page) => page.rows) ?? [],
		isLoading: query.isPending,
		error: query.data ? null : query.error,
		hasMore: query.hasNextPage,
		isLoadingMore: query.isFetchingNextPage,
		loadMore: () => void query.fetchNextPage(),
		retry: () => void query.refetch(),
	};
}
const initialParam: string | null = null;

/** A first page as the cache keeps it, for pages that the server fills. */
export const onePage = <Row>(page: PageOf<Row>): Pages<Row> => ({ pages: [page], pageParams: [null] });

/** The same pages with each row passed through `change`; null takes a row out. */
export const mapRows = <Row>(pages: Pages<Row>, change: (row: Row) => Row | null): Pages<Row> => ({
	...pages,
	pages: pages.pages.map((page) => ({ ...page, rows: page.rows.flatMap((row) => change(row) ?? []) })),
});
