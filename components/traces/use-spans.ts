"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { takeEarly } from "@/components/trpc/early";
import type { SpanPage } from "@/server/traces/contract";
import { firstSpans } from "./first-spans";
import { forestOf } from "./rows";

const path = "traces.spans";
const first: string | null = null;

/** What was asked for early comes from the same procedure. */
const toPage = (answer: unknown): SpanPage | null => answer as SpanPage | null;

/** All spans of a trace, page by page without being asked; while its run goes on, anew every few seconds. */
export function useSpans(traceId: string, isOver: boolean) {
	const api = useApi();
	const client = useClient();
	const query = useInfiniteQuery({
		queryKey: api.traces.spans.infiniteQueryKey({ traceId }),
		queryFn: async ({ pageParam }) => {
			if (!pageParam) return client.traces.spans.query({ traceId, limit: firstSpans });
			const asked = { traceId, cursor: pageParam };
			return toPage(await takeEarly(path, asked)) ?? client.traces.spans.query(asked);
		},
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
	const next = hasNextPage ? data?.pages.at(-1)?.next : null;
	return {
		forest,
		/** What the browser may ask for before this page's scripts have come. */
		early: next ? { path, input: { traceId, cursor: next } } : null,
		isWhole: !hasNextPage && !query.isPending,
		error: query.error,
		retry: () => void query.refetch(),
	};
}
