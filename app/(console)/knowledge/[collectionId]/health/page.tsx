import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { CollectionHealthView } from "@/components/knowledge/collection-health";

export const metadata: Metadata = { title: "Collection health" };
type Props = { params: Promise<{ collectionId: string }> };

export default async function HealthPage({ params }: Props) {
	const { collectionId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [collection, health] = await Promise.all([
					api.knowledge.getCollection({ collectionId }),
					api.knowledge.getHealth({ collectionId }),
				]);
				cache.setQueryData(keys.knowledge.getCollection.queryKey({ collectionId }), collection);
				cache.setQueryData(keys.knowledge.getHealth.queryKey({ collectionId }), health);
			}}
		>
			<CollectionHealthView key={collectionId} collectionId={collectionId} />
		</Filled>
	);
}
