"use client";

import { IconChecklist } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { duration, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { JobRun } from "@/server/jobs/contract";
import { JobPanel } from "./job-panel";
import { filterFrom, JobState, jobName, jobStateWords, shownStates } from "./job-state";
import { Overview } from "./overview";

const columns: Column<JobRun>[] = [
	{ key: "function", title: "Job", cell: (row) => jobName(row.functionId) },
	{ key: "state", title: "State", width: 116, cell: (row) => <JobState state={row.state} /> },
	{
		key: "waits",
		title: "Waits for, or why it failed",
		from: "middle",
		cell: (row) => row.waitingFor ?? row.error?.split("\n")[0] ?? "",
	},
	{ key: "attempts", title: "Calls", width: 72, align: "end", from: "wide", cell: (row) => figure(row.attempts) },
	{
		key: "took",
		title: "Took",
		width: 84,
		align: "end",
		from: "middle",
		cell: (row) => (row.startedAt && row.endedAt ? duration(row.endedAt.getTime() - row.startedAt.getTime()) : "–"),
	},
	{ key: "at", title: "Begun", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

const states = [
	{ value: "", label: "Any state" },
	...shownStates.map((state) => ({ value: state, label: jobStateWords[state] })),
];
const refreshMs = 5_000;

/** What happens in the background, newest first; it follows along by itself. */
export function JobList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const asked = filterFrom(url.get);
	const state = asked.filter?.state.eq;
	const openId = url.get("open");
	const list = usePages({
		key: api.jobs.list.infiniteQueryKey(asked),
		read: (cursor) => client.jobs.list.query({ ...asked, cursor }),
		everyMs: refreshMs,
	});
	return (
		<ScanPage>
			<PageHeader title="Jobs">What happens in the background: which waits, for what, and which failed.</PageHeader>
			<Overview onState={(state) => url.set({ state, open: null })} />
			<FilterBar>
				<FilterSelect
					label="State"
					value={state ?? ""}
					options={states}
					onChange={(next) => url.set({ state: next, open: null })}
				/>
			</FilterBar>
			<Split
				panel={openId ? <JobPanel key={openId} jobRunId={openId} onClose={() => url.set({ open: null })} /> : null}
			>
				<DataTable
					label="Jobs"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.waitingFor ?? <When at={row.createdAt} />}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconChecklist} title={state ? "No job in this state" : "No jobs yet"}>
							{state ? null : "Adding a document begins one."}
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}
