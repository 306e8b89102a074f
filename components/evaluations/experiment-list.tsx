"use client";

import { IconFlask2 } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { ButtonLink } from "@/components/ui/button-link";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Experiment, experimentStates } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { EvaluationsTabs } from "./evaluations-tabs";
import { experimentsFrom } from "./filter";
import { ExperimentState, experimentStateWords } from "./states";

const columns: Column<Experiment>[] = [
	{
		key: "name",
		title: "Experiment",
		cell: (row) => (
			<Link href={`/evaluations/experiments/${row.id}`} className={styles.name}>
				{row.name}
			</Link>
		),
	},
	{ key: "state", title: "State", width: 116, cell: (row) => <ExperimentState state={row.state} /> },
	{
		key: "dataset",
		title: "Dataset",
		width: 200,
		from: "middle",
		cell: (row) => `${row.datasetName}, version ${row.datasetVersion}`,
	},
	{
		key: "answers",
		title: "Answers",
		width: 110,
		align: "end",
		from: "narrow",
		cell: (row) => `${figure(row.done + row.failed)} of ${figure(row.total)}`,
	},
	{ key: "by", title: "Started by", width: 150, from: "wide", cell: (row) => row.startedByName },
	{ key: "at", title: "Started", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

const states = [
	{ value: "", label: "Any state" },
	...experimentStates.map((state) => ({ value: state, label: experimentStateWords[state] })),
];

/** One's own experiments and those that are shared, newest first. */
export function ExperimentList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const asked = experimentsFrom(url.get);
	const list = usePages({
		key: api.evaluations.listExperiments.infiniteQueryKey(asked),
		read: (cursor) => client.evaluations.listExperiments.query({ ...asked, cursor }),
		everyMs: 3_000,
	});
	return (
		<ScanPage>
			<PageHeader title="Experiments">Agents, prompts and models, asked the same and measured the same.</PageHeader>
			<EvaluationsTabs at="/evaluations/experiments" />
			<FilterBar>
				<FilterSelect
					label="State"
					value={asked.filter?.state.eq ?? ""}
					options={states}
					onChange={(state) => url.set({ state: state || null })}
				/>
			</FilterBar>
			<DataTable
				label="Experiments"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => row.datasetName}
				empty={
					<Empty
						icon={IconFlask2}
						title={asked.filter ? "No experiment in this state" : "No experiments yet"}
						action={asked.filter ? undefined : <ButtonLink href="/evaluations">Go to the datasets</ButtonLink>}
					>
						{asked.filter ? "Choose another state." : "Open a dataset and press “Run an experiment”."}
					</Empty>
				}
			/>
		</ScanPage>
	);
}
