"use client";

import { IconPencil, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ShareButton } from "@/components/access/share-button";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { confirm, say } from "@/components/ui/say";
import type { Collection } from "@/server/knowledge/contract";
import { AddAddress } from "./add-address";
import { CollectionTabs } from "./collection-tabs";
import { DocumentList } from "./document-list";
import { Intake } from "./intake";
import styles from "./knowledge.module.css";
import { Reindexing } from "./reindexing";
import { AccessBadge } from "./states";
import { useWatch } from "./use-watch";

const CollectionForm = dynamic(() => import("./collection-form"), { ssr: false });
const ReindexForm = dynamic(() => import("./reindex-form"), { ssr: false });
const DropArea = dynamic(() => import("./drop-area"), { ssr: false, loading: () => <div className={styles.drop} /> });

/** One collection: bring files in, see how far they are, open them. */
export function CollectionView({ collectionId }: { collectionId: string }) {
	const api = useApi();
	const query = useQuery(api.knowledge.getCollection.queryOptions({ collectionId }));
	const watch = useWatch(collectionId);
	const mayWrite = useMay("knowledge:write");
	const collection = query.data;
	if (!collection)
		return (
			<ReadPage>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</ReadPage>
		);
	const all = watch.total?.all ?? collection.documentCount;
	const mayAdd = mayWrite && collection.mayManage;
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/knowledge", label: "Knowledge" }}
				title={collection.name}
				count={counted(all, "document")}
				actions={mayWrite && collection.mayManage ? <Manage collection={collection} /> : undefined}
			>
				{collection.description}
			</PageHeader>
			<div style={{ display: "flex", gap: 16, flexWrap: "wrap" }}>
				<AccessBadge access={collection.access} />
				<span className={styles.cut}>Owned by {collection.ownerName}</span>
			</div>
			{mayAdd ? <CollectionTabs collectionId={collectionId} at="" /> : null}
			{mayAdd ? <DropArea collectionId={collectionId} onAdded={watch.put} /> : null}
			{mayAdd ? <AddAddress collectionId={collectionId} onAdded={watch.put} /> : null}
			<Reindexing collectionId={collectionId} mayManage={mayAdd} />
			<Intake
				collectionId={collectionId}
				total={watch.total}
				isCut={watch.isCut}
				mayManage={mayAdd}
				onAdded={watch.put}
			/>
			<DocumentList collectionId={collectionId} mayManage={mayAdd} />
		</ReadPage>
	);
}

function Manage({ collection }: { collection: Collection }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const [isEditing, setEditing] = useState(false);
	const [isReindexing, setReindexing] = useState(false);
	const remove = useMutation(
		api.knowledge.deleteCollection.mutationOptions({
			onSuccess: async () => {
				router.push("/knowledge");
				await cache.invalidateQueries(api.knowledge.listCollections.pathFilter());
				say(`${collection.name} was deleted`);
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Delete ${collection.name}?`,
			text: `Its ${counted(collection.documentCount, "document")} will be gone for good. Answers that cite them keep their text, but their sources can't be opened any more.`,
			action: "Delete collection",
		});
		if (isWanted) remove.mutate({ collectionId: collection.id });
	};
	return (
		<>
			<ShareButton kind="collection" resourceId={collection.id} />
			<Button icon={IconPencil} onClick={() => setEditing(true)}>
				Change
			</Button>
			<Button icon={IconRefresh} onClick={() => setReindexing(true)}>
				Re-index
			</Button>
			<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void ask()}>
				Delete
			</Button>
			{isEditing ? <CollectionForm collection={collection} onClose={() => setEditing(false)} /> : null}
			{isReindexing ? <ReindexForm collectionId={collection.id} onClose={() => setReindexing(false)} /> : null}
		</>
	);
}
