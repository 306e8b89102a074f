import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { ExperimentView } from "@/components/evaluations/experiment-view";
import { cellsFrom } from "@/components/evaluations/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Experiment" };
type Props = { params: Promise<{ experimentId: string }>; searchParams: SearchParams };

export default async function ExperimentPage({ params, searchParams }: Props) {
	const { experimentId } = await params;
	const asked = cellsFrom(experimentId, await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [experiment, results] = await Promise.all([
					api.evaluations.getExperiment({ experimentId }),
					api.evaluations.listResults(asked),
				]);
				cache.setQueryData(keys.evaluations.getExperiment.queryKey({ experimentId }), experiment);
				cache.setQueryData(keys.evaluations.listResults.infiniteQueryKey(asked), onePage(results));
			}}
		>
			<ExperimentView key={experimentId} experimentId={experimentId} />
		</Filled>
	);
}
