import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { ExtractionView } from "@/components/extractions/extraction-view";
import { resultsFrom } from "@/components/extractions/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Extraction" };
type Props = { params: Promise<{ extractionId: string }>; searchParams: SearchParams };

export default async function ExtractionPage({ params, searchParams }: Props) {
	const { extractionId } = await params;
	const asked = resultsFrom(extractionId, await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [extraction, columns, results] = await Promise.all([
					api.extractions.get({ extractionId }),
					api.extractions.columns({ extractionId }),
					api.extractions.listResults(asked),
				]);
				cache.setQueryData(keys.extractions.get.queryKey({ extractionId }), extraction);
				cache.setQueryData(keys.extractions.columns.queryKey({ extractionId }), columns);
				cache.setQueryData(keys.extractions.listResults.infiniteQueryKey(asked), onePage(results));
			}}
		>
			<ExtractionView key={extractionId} extractionId={extractionId} />
		</Filled>
	);
}
