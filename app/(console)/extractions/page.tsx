import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { ExtractionList } from "@/components/extractions/extraction-list";
import { filterFrom } from "@/components/extractions/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Extractions" };

export default async function ExtractionsPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.extractions.list.infiniteQueryKey(asked), onePage(await api.extractions.list(asked)))
			}
		>
			<ExtractionList />
		</Filled>
	);
}
