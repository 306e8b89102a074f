"use client";

import { NativeSelect } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { money } from "@/components/models/money";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { Theme } from "@/components/ui/theme";
import { useUrl } from "@/components/ui/use-url";
import { type UsageGroup, type UsageRow, usageGroups } from "@/server/budgets/contract";
import styles from "./budgets.module.css";
import { BudgetsTabs } from "./budgets-tabs";
import { Days } from "./days";
import { UsedCalls } from "./used-calls";

const groupWords = {
	user: "Person",
	group: "Group",
	agent: "Agent",
	model: "Model",
	key: "Access key",
} as const satisfies Record<UsageGroup, string>;

const isGroup = (text: string | null): text is UsageGroup => usageGroups.some((one) => one === text);
const cost = (micros: number, currency: string) => (micros === 0 ? "–" : money(micros, currency || null));

const columnsOf = (by: UsageGroup): Column<UsageRow>[] => [
	{ key: "name", title: groupWords[by], cell: (row) => row.name },
	{ key: "calls", title: "Calls", width: 90, align: "end", from: "middle", cell: (row) => figure(row.calls) },
	{ key: "failed", title: "Failed", width: 80, align: "end", from: "wide", cell: (row) => figure(row.failed) },
	{ key: "tokens", title: "Tokens", width: 120, align: "end", cell: (row) => figure(row.tokens) },
	{
		key: "forecast",
		title: "By the month's end",
		width: 150,
		align: "end",
		from: "wide",
		cell: (row) => `≈ ${figure(row.forecastTokens)}`,
	},
	{
		key: "cost",
		title: "Cost",
		width: 130,
		align: "end",
		from: "narrow",
		cell: (row) => cost(row.micros, row.currency),
	},
	{
		key: "costForecast",
		title: "By the month's end",
		width: 150,
		align: "end",
		from: "middle",
		cell: (row) => (row.micros === 0 ? "–" : `≈ ${cost(row.forecastMicros, row.currency)}`),
	},
];

/** What everybody took this month, added up one way or another, down to the calls. */
export function EverybodysUsage() {
	const api = useApi();
	const url = useUrl();
	const wanted = url.get("by");
	const by: UsageGroup = isGroup(wanted) ? wanted : "user";
	const usage = useQuery({ ...api.budgets.usage.queryOptions({ by }), refetchInterval: 60_000 });
	const openId = url.get("open");
	const rows = usage.data?.sums ?? [];
	const open = rows.find(({ id }) => id === openId);
	return (
		<ScanPage>
			<PageHeader title="Usage & budgets" count={rows.length > 0 ? counted(rows.length, "row") : undefined}>
				What the models took this month, and what it comes to by its end at the pace of now. All times are in UTC.
			</PageHeader>
			<BudgetsTabs />
			{usage.data ? (
				<section className={styles.section} aria-labelledby="days">
					<h2 id="days">Everybody's last 30 days</h2>
					<Days days={usage.data.days} label="Tokens a day" />
				</section>
			) : null}
			<div className={styles.filters}>
				<Theme>
					<NativeSelect
						label="Added up by"
						value={by}
						onChange={(event) => url.set({ by: event.currentTarget.value, open: null })}
						data={usageGroups.map((value) => ({ value, label: groupWords[value] }))}
					/>
				</Theme>
			</div>
			<Split
				panel={open ? <UsedCalls key={open.id} by={by} row={open} onClose={() => url.set({ open: null })} /> : null}
			>
				<DataTable
					label="Usage"
					list={{
						rows,
						isLoading: usage.isPending,
						failure: usage.error && !usage.data ? toFailure(usage.error) : null,
						hasMore: false,
						isLoadingMore: false,
						loadMore: () => {},
						retry: () => void usage.refetch(),
					}}
					columns={columnsOf(by)}
					rowId={(row) => row.id}
					narrow={(row) => `${counted(row.calls, "call")}, ${cost(row.micros, row.currency)}`}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconChartBar} title="Nothing was used this month">
							As soon as somebody asks an agent, what it took stands here.
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}
