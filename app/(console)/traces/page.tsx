import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { filterFrom } from "@/components/traces/filter";
import { TraceList } from "@/components/traces/trace-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Traces" };

export default async function TracesPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = filterFrom(await readerOf(searchParams), new Date());
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.traces.list.infiniteQueryKey(asked), onePage(await api.traces.list(asked)))
			}
		>
			<TraceList />
		</Filled>
	);
}
