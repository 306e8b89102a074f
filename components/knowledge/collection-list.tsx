"use client";

import { IconBook2, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Collection, readableKinds } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";
import { AccessBadge } from "./states";

const CollectionForm = dynamic(() => import("./collection-form"), { ssr: false });

const columns: Column<Collection>[] = [
	{
		key: "name",
		title: "Name",
		cell: (row) => (
			<Link href={`/knowledge/${row.id}`} className={styles.name}>
				{row.name}
				{row.description ? <small>{row.description}</small> : null}
			</Link>
		),
	},
	{
		key: "documents",
		title: "Documents",
		width: 120,
		align: "end",
		cell: (row) => (
			<>
				{figure(row.documentCount)}
				{row.failedCount > 0 ? (
					<span className={styles.bad}> ({counted(row.failedCount, "failed", "failed")})</span>
				) : null}
			</>
		),
	},
	{
		key: "access",
		title: "Can be found by",
		width: 150,
		from: "narrow",
		cell: (row) => <AccessBadge access={row.access} />,
	},
	{ key: "owner", title: "Owner", width: 160, from: "middle", cell: (row) => row.ownerName },
	{ key: "updated", title: "Changed", width: 120, from: "middle", cell: (row) => <When at={row.updatedAt} /> },
];

/** All collections that one may read. `?new=1` opens the form, which the command palette uses. */
export function CollectionList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayWrite = useMay("knowledge:write");
	const list = usePages({
		key: api.knowledge.listCollections.infiniteQueryKey({}),
		read: (cursor) => client.knowledge.listCollections.query({ cursor }),
	});
	const begin = () => url.set({ new: "1" });
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={begin}>
			New collection
		</Button>
	);
	return (
		<ReadPage>
			<PageHeader
				title="Knowledge"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "collection") : undefined}
				actions={mayWrite ? newButton : undefined}
			>
				Collections of documents that agents answer from.
			</PageHeader>
			<DataTable
				label="Collections"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				empty={
					<Empty icon={IconBook2} title="No collections yet" action={mayWrite ? newButton : undefined}>
						{mayWrite
							? `Make one and drag files into it: ${readableKinds}.`
							: "Nobody has shared a collection with you yet."}
					</Empty>
				}
			/>
			{mayWrite && url.get("new") ? <CollectionForm onClose={() => url.set({ new: null })} /> : null}
		</ReadPage>
	);
}
