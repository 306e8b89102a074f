import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { CollectionList } from "@/components/knowledge/collection-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Knowledge" };

export default function KnowledgePage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(
					keys.knowledge.listCollections.infiniteQueryKey({}),
					onePage(await api.knowledge.listCollections({})),
				)
			}
		>
			<CollectionList />
		</Filled>
	);
}
