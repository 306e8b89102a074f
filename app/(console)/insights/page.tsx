import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { ownAskedFrom } from "@/components/insights/asked";
import { OwnInsights } from "@/components/insights/insights-page";

export const metadata: Metadata = { title: "Insights" };

export default async function InsightsPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = ownAskedFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.insights.own.queryKey(asked), await api.insights.own(asked))
			}
		>
			<OwnInsights />
		</Filled>
	);
}
