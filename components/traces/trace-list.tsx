"use client";

import { IconTimeline } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { costOf } from "@/components/models/money";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import { counted, duration, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Trace } from "@/server/traces/contract";
import { filterFrom, leastMs, shownStatuses, sinceHours } from "./filter";
import { KindIcon, SpanState, statusWords } from "./span-words";
import styles from "./traces.module.css";
import { TracesTabs } from "./traces-tabs";

const costText = ({ costs: [first, ...others] }: Trace): string =>
	first ? costOf({ ...first, others, isEstimated: false }) : "–";

const columns: Column<Trace>[] = [
	{
		key: "name",
		title: "Trace",
		cell: (row) => (
			<Link href={`/traces/${row.id}`} className={styles.trace}>
				<KindIcon kind={row.kind} />
				{row.agentName ?? row.name}
			</Link>
		),
	},
	{ key: "status", title: "State", width: 110, cell: (row) => <SpanState status={row.status} /> },
	{ key: "failures", title: "Failures", width: 84, align: "end", from: "wide", cell: (row) => figure(row.failures) },
	{ key: "models", title: "Models", width: 180, from: "wide", cell: (row) => row.models.join(", ") || "–" },
	{ key: "user", title: "For", width: 130, from: "middle", cell: (row) => row.userName ?? "–" },
	{ key: "spans", title: "Spans", width: 76, align: "end", from: "wide", cell: (row) => figure(row.spans) },
	{
		key: "tokens",
		title: "Tokens",
		width: 92,
		align: "end",
		from: "middle",
		cell: (row) => figure(row.inputTokens + row.outputTokens),
	},
	{ key: "cost", title: "Cost", width: 110, align: "end", from: "middle", cell: costText },
	{ key: "took", title: "Took", width: 90, align: "end", from: "narrow", cell: (row) => duration(row.ms) },
	{ key: "at", title: "Began", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.startedAt} /> },
];

const choices = (words: Record<string, string>, any: string) => [
	{ value: "", label: any },
	...Object.entries(words).map(([value, label]) => ({ value, label })),
];
const states = choices(Object.fromEntries(shownStatuses.map((one) => [one, statusWords[one].word])), "Any state");

/** How often it is read anew while something goes on, and while nothing does. */
const goingMs = 3_000;
const restingMs = 20_000;

/** What was done and is being done for runs and trials, newest first. */
export function TraceList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const [now] = useState(() => new Date());
	const asked = filterFrom(url.get, now);
	const isNarrowed = Object.keys(asked.filter).length > 0;
	const list = usePages({
		key: api.traces.list.infiniteQueryKey(asked),
		read: (cursor) => client.traces.list.query({ ...asked, cursor }),
		everyMs: (rows) => (rows.some(({ status }) => status === "running") ? goingMs : restingMs),
	});
	return (
		<ScanPage>
			<PageHeader title="Traces">What was done for each question, step by step, with what it took.</PageHeader>
			<TracesTabs />
			<FilterBar>
				<FilterSelect
					label="Time"
					value={url.get("since") ?? ""}
					options={choices(sinceHours, "Any time")}
					onChange={(since) => url.set({ since })}
				/>
				<AgentSelect />
				<PersonSelect />
				<FilterSelect
					label="State"
					value={url.get("status") ?? ""}
					options={states}
					onChange={(status) => url.set({ status })}
				/>
				<FilterSelect
					label="Failures"
					value={url.get("errors") ?? ""}
					options={choices({ "1": "With failures" }, "With and without failures")}
					onChange={(errors) => url.set({ errors })}
				/>
				<FilterSelect
					label="How long"
					value={url.get("least") ?? ""}
					options={choices(leastMs, "However long")}
					onChange={(least) => url.set({ least })}
				/>
				<FilterText label="Model" value={url.get("model") ?? ""} onChange={(model) => url.set({ model })} size={14} />
			</FilterBar>
			<DataTable
				label="Traces"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => (
					<>
						{duration(row.ms)}, {counted(row.spans, "span")}, <When at={row.startedAt} />
					</>
				)}
				empty={
					<Empty icon={IconTimeline} title={isNarrowed ? "No trace like this" : "No traces yet"}>
						{isNarrowed
							? "Widen a filter."
							: "A trace begins with each question, and with each trial in the playground."}
					</Empty>
				}
			/>
		</ScanPage>
	);
}

function AgentSelect() {
	const api = useApi();
	const url = useUrl();
	const mayRead = useMay("agents:read");
	const agents = useQuery({ ...api.agents.list.queryOptions({ limit: 200 }), enabled: mayRead });
	const rows = agents.data?.rows ?? [];
	return (
		<FilterSelect
			label="Agent"
			value={url.get("agent") ?? ""}
			options={withChosen(
				choices(Object.fromEntries(rows.map(({ id, name }) => [id, name])), "Any agent"),
				url.get("agent"),
			)}
			onChange={(agent) => url.set({ agent })}
		/>
	);
}

/** For those who see everybody's. */
function PersonSelect() {
	const api = useApi();
	const url = useUrl();
	const [mayOversee, mayList] = [useMay("traces:oversee"), useMay("users:read")];
	const people = useQuery({ ...api.users.list.queryOptions({ limit: 200 }), enabled: mayOversee && mayList });
	if (!mayOversee) return null;
	const rows = people.data?.rows ?? [];
	return (
		<FilterSelect
			label="Person"
			value={url.get("user") ?? ""}
			options={withChosen(
				choices(Object.fromEntries(rows.map(({ id, name }) => [id, name])), "Anybody"),
				url.get("user"),
			)}
			onChange={(user) => url.set({ user })}
		/>
	);
}

/** What the address names is chosen, also where the list doesn't have it. */
const withChosen = (options: { value: string; label: string }[], chosen: string | null) =>
	!chosen || options.some(({ value }) => value === chosen)
		? options
		: [...options, { value: chosen, label: "One that is chosen" }];
