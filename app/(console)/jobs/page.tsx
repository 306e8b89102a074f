import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { JobList } from "@/components/jobs/job-list";
import { filterFrom } from "@/components/jobs/job-state";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Jobs" };

export default async function JobsPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [overview, list] = await Promise.all([api.jobs.overview({}), api.jobs.list(asked)]);
				cache.setQueryData(keys.jobs.overview.queryKey({}), overview);
				cache.setQueryData(keys.jobs.list.infiniteQueryKey(asked), onePage(list));
			}}
		>
			<JobList />
		</Filled>
	);
}
