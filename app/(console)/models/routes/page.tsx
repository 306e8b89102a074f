import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Routes } from "@/components/models/routes";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Model routes" };

export default function RoutesPage() {
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [page, fixed] = await Promise.all([api.models.listRoutes({}), api.models.fixed({})]);
				cache.setQueryData(keys.models.listRoutes.infiniteQueryKey({}), onePage(page));
				cache.setQueryData(keys.models.fixed.queryKey({}), fixed);
			}}
		>
			<Routes />
		</Filled>
	);
}
