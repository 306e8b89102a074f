"use client";

import { IconPlayerPlay } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { ButtonLink } from "@/components/ui/button-link";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { duration, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Run } from "@/server/runs/contract";
import { filterFrom, shownStates } from "./filter";
import { RunPanel } from "./run-panel";
import { RunState, runStateWords } from "./run-state";
import { tookMs } from "./took";

const columns: Column<Run>[] = [
	{ key: "question", title: "Question", cell: (row) => row.question },
	{ key: "state", title: "State", width: 116, cell: (row) => <RunState state={row.state} /> },
	{ key: "agent", title: "Agent", width: 150, from: "middle", cell: (row) => row.agentName },
	{
		key: "confidence",
		title: "Confidence",
		width: 100,
		from: "wide",
		cell: (row) => row.result?.confidence.level ?? "–",
	},
	{
		key: "took",
		title: "Took",
		width: 84,
		align: "end",
		from: "middle",
		cell: (row) => {
			const ms = tookMs(row);
			return ms === null ? "–" : duration(ms);
		},
	},
	{
		key: "tokens",
		title: "Tokens",
		width: 84,
		align: "end",
		from: "wide",
		cell: (row) => (row.result ? figure(row.result.usage.inputTokens + row.result.usage.outputTokens) : "–"),
	},
	{ key: "at", title: "Asked", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

const states = [
	{ value: "", label: "Any state" },
	...shownStates.map((state) => ({ value: state, label: runStateWords[state] })),
];

/** One's own runs, newest first. */
export function RunList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const asked = filterFrom(url.get);
	const state = asked.filter?.state.eq;
	const openId = url.get("open");
	const list = usePages({
		key: api.runs.list.infiniteQueryKey(asked),
		read: (cursor) => client.runs.list.query({ ...asked, cursor }),
	});
	return (
		<ScanPage>
			<PageHeader title="Runs">Each question that an agent took on: what it did, and what came of it.</PageHeader>
			<FilterBar>
				<FilterSelect
					label="State"
					value={state ?? ""}
					options={states}
					onChange={(next) => url.set({ state: next, open: null })}
				/>
			</FilterBar>
			<Split panel={openId ? <RunPanel key={openId} runId={openId} onClose={() => url.set({ open: null })} /> : null}>
				<DataTable
					label="Runs"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => (
						<>
							{row.agentName}, <When at={row.createdAt} />
						</>
					)}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty
							icon={IconPlayerPlay}
							title={state ? "No run in this state" : "No runs yet"}
							action={<ButtonLink href="/chat">Ask something</ButtonLink>}
						>
							{state ? null : "A run begins with each question in a chat."}
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}
