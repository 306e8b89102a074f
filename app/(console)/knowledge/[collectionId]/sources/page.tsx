import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { SourceList } from "@/components/sources/source-list";

export const metadata: Metadata = { title: "Sources" };
type Props = { params: Promise<{ collectionId: string }> };

export default async function SourcesPage({ params }: Props) {
	const { collectionId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [collection, sources] = await Promise.all([
					api.knowledge.getCollection({ collectionId }),
					api.sources.list({ collectionId, sort: "createdAt" }),
				]);
				cache.setQueryData(keys.knowledge.getCollection.queryKey({ collectionId }), collection);
				cache.setQueryData(keys.sources.list.queryKey({ collectionId, sort: "createdAt" }), sources);
			}}
		>
			<SourceList key={collectionId} collectionId={collectionId} />
		</Filled>
	);
}
