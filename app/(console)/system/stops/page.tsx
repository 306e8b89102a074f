import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { StopList } from "@/components/stops/stop-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Stops" };

export default function StopsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.stops.list.infiniteQueryKey({}), onePage(await api.stops.list({})))
			}
		>
			<StopList />
		</Filled>
	);
}
