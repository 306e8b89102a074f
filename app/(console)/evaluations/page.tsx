import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { DatasetList } from "@/components/evaluations/dataset-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Evaluations" };

export default function EvaluationsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(
					keys.evaluations.listDatasets.infiniteQueryKey({}),
					onePage(await api.evaluations.listDatasets({})),
				)
			}
		>
			<DatasetList />
		</Filled>
	);
}
