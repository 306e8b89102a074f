import type { Metadata } from "next";
import { cache as remember } from "react";
import { Filled, read } from "@/app/filled";
import { CollectionView } from "@/components/knowledge/collection-view";
import { onePage } from "@/components/trpc/page-data";

type Props = { params: Promise<{ collectionId: string }> };
const readCollection = remember((collectionId: string) => read((api) => api.knowledge.getCollection({ collectionId })));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	const answer = await readCollection((await params).collectionId);
	return { title: answer.kind === "read" ? answer.data.name : "Collection" };
}

export default async function CollectionPage({ params }: Props) {
	const { collectionId } = await params;
	const collection = await readCollection(collectionId);
	return (
		<Filled
			fill={async (api, cache, keys) => {
				if (collection.kind === "read")
					cache.setQueryData(keys.knowledge.getCollection.queryKey({ collectionId }), collection.data);
				cache.setQueryData(
					keys.knowledge.listDocuments.infiniteQueryKey({ collectionId }),
					onePage(await api.knowledge.listDocuments({ collectionId })),
				);
			}}
		>
			<CollectionView key={collectionId} collectionId={collectionId} />
		</Filled>
	);
}
