import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { ExperimentList } from "@/components/evaluations/experiment-list";
import { experimentsFrom } from "@/components/evaluations/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Experiments" };

export default async function ExperimentsPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = experimentsFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(
					keys.evaluations.listExperiments.infiniteQueryKey(asked),
					onePage(await api.evaluations.listExperiments(asked)),
				)
			}
		>
			<ExperimentList />
		</Filled>
	);
}
