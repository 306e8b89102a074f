"use client";

import { IconStar } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import type { ToRate } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { EvaluationsTabs } from "./evaluations-tabs";

const columns: Column<ToRate>[] = [
	{
		key: "name",
		title: "Experiment",
		cell: (row) => (
			<Link href={`/evaluations/rate/${row.id}`} className={styles.name}>
				{row.name}
			</Link>
		),
	},
	{ key: "dataset", title: "Dataset", width: 200, from: "middle", cell: (row) => row.datasetName },
	{ key: "by", title: "Started by", width: 150, from: "middle", cell: (row) => row.startedByName },
	{
		key: "rated",
		title: "Rated by you",
		width: 120,
		align: "end",
		from: "narrow",
		cell: (row) => `${figure(row.rated)} of ${figure(row.answers)}`,
	},
	{ key: "at", title: "Started", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

/** Experiments whose answers people are to rate. */
export function RateList() {
	const api = useApi();
	const client = useClient();
	const list = usePages({
		key: api.evaluations.listToRate.infiniteQueryKey({}),
		read: (cursor) => client.evaluations.listToRate.query({ cursor }),
	});
	return (
		<ScanPage>
			<PageHeader title="Answers to rate">
				Say what you think of answers, one after the other. What others say is shown once you have said it too.
			</PageHeader>
			<EvaluationsTabs at="/evaluations/rate" />
			<DataTable
				label="Answers to rate"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => `${figure(row.rated)} of ${figure(row.answers)} rated by you`}
				empty={
					<Empty icon={IconStar} title="Nothing to rate">
						Whoever runs an experiment can share its answers; they then stand here.
					</Empty>
				}
			/>
		</ScanPage>
	);
}
