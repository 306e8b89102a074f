import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { RateList } from "@/components/evaluations/rate-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Answers to rate" };

export default function RatePage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(
					keys.evaluations.listToRate.infiniteQueryKey({}),
					onePage(await api.evaluations.listToRate({})),
				)
			}
		>
			<RateList />
		</Filled>
	);
}
