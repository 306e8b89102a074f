import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { askedFrom } from "@/components/insights/asked";
import { EverybodysInsights } from "@/components/insights/insights-page";

export const metadata: Metadata = { title: "Everybody's insights" };

export default async function EverybodysInsightsPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = askedFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.insights.everybody.queryKey(asked), await api.insights.everybody(asked))
			}
		>
			<EverybodysInsights />
		</Filled>
	);
}
