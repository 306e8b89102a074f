"use client";

import { IconPlus, IconRefreshDot } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { CollectionTabs } from "@/components/knowledge/collection-tabs";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { mostSources, type Source } from "@/server/sources/contract";
import { SourceCard } from "./source-card";
import styles from "./sources.module.css";

const SourceForm = dynamic(() => import("./source-form"), { ssr: false });

const busyMs = 2_000;
const idleMs = 30_000;
const isRunning = ({ lastRun }: Source) => lastRun?.state === "running";

/** Where a collection's documents come from by themselves, and how that goes. */
export function SourceList({ collectionId }: { collectionId: string }) {
	const api = useApi();
	const mayManage = useMay("sources:manage");
	const [isAdding, setAdding] = useState(false);
	const collection = useQuery(api.knowledge.getCollection.queryOptions({ collectionId }));
	const list = useQuery({
		...api.sources.list.queryOptions({ collectionId, sort: "createdAt" }),
		refetchInterval: ({ state }) => (state.data?.rows.some(isRunning) ? busyMs : idleMs),
	});
	const rows = list.data?.rows ?? [];
	const error = collection.error ?? (list.data ? null : list.error);
	const mayAdd = mayManage && collection.data?.mayManage === true;
	const add = (
		<Button look="primary" icon={IconPlus} onClick={() => setAdding(true)} disabled={rows.length >= mostSources}>
			Add source
		</Button>
	);
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/knowledge", label: "Knowledge" }}
				title={collection.data?.name ?? "Collection"}
				count={rows.length > 0 ? counted(rows.length, "source") : undefined}
				actions={mayAdd && rows.length > 0 ? add : undefined}
			>
				What this collection follows: new files come, changed ones are read again, those that are gone go.
			</PageHeader>
			<CollectionTabs collectionId={collectionId} at="/sources" />
			{error ? <ErrorView failure={toFailure(error)} retry={() => void list.refetch()} /> : null}
			{list.data && rows.length === 0 ? (
				<Empty icon={IconRefreshDot} title="No sources yet" action={mayAdd ? add : undefined}>
					{mayAdd
						? "Let the collection follow a folder of the server, a Git repository, an S3 bucket or a sitemap."
						: "Whoever may connect sources can let this collection follow a folder, a Git repository, a bucket or a sitemap. Ask an administrator."}
				</Empty>
			) : null}
			<ul className={styles.sources} aria-label="Sources">
				{rows.map((source) => (
					<li key={source.id}>
						<SourceCard source={source} mayManage={mayAdd} />
					</li>
				))}
			</ul>
			{isAdding ? <SourceForm collectionId={collectionId} onClose={() => setAdding(false)} /> : null}
		</ReadPage>
	);
}
