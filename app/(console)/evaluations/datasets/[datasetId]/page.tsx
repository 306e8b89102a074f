import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { DatasetView } from "@/components/evaluations/dataset-view";
import { itemsFrom } from "@/components/evaluations/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Dataset" };
type Props = { params: Promise<{ datasetId: string }>; searchParams: SearchParams };

export default async function DatasetPage({ params, searchParams }: Props) {
	const { datasetId } = await params;
	const asked = itemsFrom(datasetId, await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [dataset, items] = await Promise.all([
					api.evaluations.getDataset({ datasetId }),
					api.evaluations.listItems(asked),
				]);
				cache.setQueryData(keys.evaluations.getDataset.queryKey({ datasetId }), dataset);
				cache.setQueryData(keys.evaluations.listItems.infiniteQueryKey(asked), onePage(items));
			}}
		>
			<DatasetView key={datasetId} datasetId={datasetId} />
		</Filled>
	);
}
