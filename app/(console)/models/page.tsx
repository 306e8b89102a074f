import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Connections } from "@/components/models/connections";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Models" };

export default function ModelsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [page, fixed] = await Promise.all([api.models.listConnections({}), api.models.fixed({})]);
				cache.setQueryData(keys.models.listConnections.infiniteQueryKey({}), onePage(page));
				cache.setQueryData(keys.models.fixed.queryKey({}), fixed);
			}}
		>
			<Connections />
		</Filled>
	);
}
