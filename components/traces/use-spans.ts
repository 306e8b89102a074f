"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import type { SpanPage } from "@/server/traces/contract";
import { firstSpans } from "./first-spans";
import { forestOf } from "./rows";

const first: string | null = null;

/** All spans of a trace, page by page without being asked; while its run goes on, anew every few seconds. */
export function useSpans(traceId: string, isOver: boolean) {
	const api = useApi();
	const client = useClient();
	const query = useInfiniteQuery({
		queryKey: api.traces.spans.infiniteQueryKey({ traceId }),
		queryFn: ({ pageParam }) =>
			client.traces.spans.query(pageParam ? { traceId, cursor: pageParam } : { traceId, limit: firstSpans }),
		initialPageParam: first,
		getNextPageParam: (last: SpanPage) => last.next,
		refetchInterval: isOver ? false : 3_000,
		refetchOnWindowFocus: !isOver,
	});
	const { hasNextPage, isFetching, fetchNextPage, isError } = query;
	useEffect(() => {
		if (hasNextPage && !isFetching && !isError) void fetchNextPage();
	}, [hasNextPage, isFetching, isError, fetchNextPage]);
	const { data } = query;
	const forest = useMemo(() => forestOf(data?.pages.flatMap(({ spans }) => spans) ?? []), [data]);
	return { forest, isWhole: !hasNextPage && !query.isPending, error: query.error, retry: () => void query.refetch() };
}
