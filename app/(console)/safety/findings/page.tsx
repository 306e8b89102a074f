import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { filterFrom } from "@/components/safety/filter";
import { VerdictList } from "@/components/safety/verdict-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Findings" };

export default async function FindingsPage({ searchParams }: { searchParams: SearchParams }) {
	const filter = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [page, counts] = await Promise.all([api.safety.listVerdicts(filter), api.safety.count({ days: 7 })]);
				cache.setQueryData(keys.safety.listVerdicts.infiniteQueryKey(filter), onePage(page));
				cache.setQueryData(keys.safety.count.queryKey({ days: 7 }), counts);
			}}
		>
			<VerdictList />
		</Filled>
	);
}
