import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { filterFrom } from "@/components/runs/filter";
import { RunList } from "@/components/runs/run-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Runs" };

export default async function RunsPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.runs.list.infiniteQueryKey(asked), onePage(await api.runs.list(asked)))
			}
		>
			<RunList />
		</Filled>
	);
}
