"use client";

import { IconPlus, IconScale } from "@tabler/icons-react";
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
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Dataset } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { EvaluationsTabs } from "./evaluations-tabs";

const DatasetForm = dynamic(() => import("./dataset-form"), { ssr: false });

const columns: Column<Dataset>[] = [
	{
		key: "name",
		title: "Dataset",
		cell: (row) => (
			<Link href={`/evaluations/datasets/${row.id}`} className={styles.name}>
				{row.name}
			</Link>
		),
	},
	{ key: "items", title: "Items", width: 90, align: "end", from: "narrow", cell: (row) => figure(row.items) },
	{
		key: "scorers",
		title: "Scorers",
		width: 90,
		align: "end",
		from: "middle",
		cell: (row) => figure(row.scorers.length),
	},
	{ key: "version", title: "Version", width: 90, align: "end", from: "middle", cell: (row) => figure(row.version) },
	{ key: "owner", title: "Owner", width: 150, from: "middle", cell: (row) => row.ownerName },
	{ key: "at", title: "Changed", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.updatedAt} /> },
];

/** One's own datasets and those that are shared. `?new=1` opens the form. */
export function DatasetList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayWrite = useMay("evaluations:write");
	const list = usePages({
		key: api.evaluations.listDatasets.infiniteQueryKey({}),
		read: (cursor) => client.evaluations.listDatasets.query({ cursor }),
	});
	const open = () => url.set({ new: "1" });
	return (
		<ScanPage>
			<PageHeader
				title="Evaluations"
				actions={
					mayWrite ? (
						<Button look="primary" icon={IconPlus} onClick={open}>
							New dataset
						</Button>
					) : undefined
				}
			>
				Questions with what is expected of their answers, and by what answers are measured.
			</PageHeader>
			<EvaluationsTabs at="/evaluations" />
			<DataTable
				label="Datasets"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => counted(row.items, "item")}
				empty={
					<Empty
						icon={IconScale}
						title="No datasets yet"
						action={mayWrite ? <Button onClick={open}>New dataset</Button> : undefined}
					>
						Make one by hand or from a CSV file, or add good answers to it from a chat. Then compare prompts and models
						on it.
					</Empty>
				}
			/>
			{url.get("new") && mayWrite ? <DatasetForm onClose={() => url.set({ new: null })} /> : null}
		</ScanPage>
	);
}
