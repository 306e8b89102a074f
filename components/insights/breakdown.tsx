import { IconChartBar } from "@tabler/icons-react";
import { costOf } from "@/components/models/money";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted, duration, figure } from "@/components/ui/figures";
import type { Breakdown, InsightRow } from "@/server/insights/contract";
import { breakdownWords } from "./asked";
import { shareOf, shareText } from "./charts";
import styles from "./insights.module.css";

const costText = ({ calls }: InsightRow): string => {
	const [first, ...others] = calls.costs;
	return first ? costOf({ ...first, others, isEstimated: false }) : "–";
};
const ms = (value: number | null): string => (value === null ? "–" : duration(value));

const columnsOf = (by: Breakdown, narrowTo: (subject: string) => void): Column<InsightRow>[] => {
	const columns: Column<InsightRow>[] = [
		{
			key: "name",
			title: breakdownWords[by],
			cell: (row) =>
				row.subject ? (
					<button
						type="button"
						className={styles.narrow}
						onClick={() => narrowTo(row.subject)}
						title={`Only ${row.name}`}
					>
						{row.name}
					</button>
				) : (
					row.name
				),
		},
		{ key: "calls", title: "Calls", width: 84, align: "end", from: "narrow", cell: (row) => figure(row.calls.calls) },
		{
			key: "tokens",
			title: "Tokens",
			width: 110,
			align: "end",
			cell: (row) => figure(row.calls.inputTokens + row.calls.outputTokens),
		},
		{ key: "cost", title: "Cost", width: 130, align: "end", from: "narrow", cell: costText },
		{ key: "p50", title: "p50", width: 80, align: "end", from: "wide", cell: (row) => ms(row.calls.latency.p50) },
		{ key: "p95", title: "p95", width: 80, align: "end", from: "middle", cell: (row) => ms(row.calls.latency.p95) },
		{
			key: "first",
			title: "First token p95",
			width: 110,
			align: "end",
			from: "wide",
			cell: (row) => ms(row.calls.firstToken.p95),
		},
		{
			key: "failed",
			title: "Failed",
			width: 76,
			align: "end",
			from: "middle",
			cell: ({ calls }) => shareText(shareOf(calls.failed, calls.calls)),
		},
		{
			key: "fallbacks",
			title: "Fallbacks",
			width: 84,
			align: "end",
			from: "wide",
			cell: ({ calls }) => shareText(shareOf(calls.fallbacks, calls.answered)),
		},
	];
	if (by === "model") return columns;
	return [
		...columns,
		{
			key: "runs",
			title: "Runs",
			width: 70,
			align: "end",
			from: "middle",
			cell: ({ runs }) => figure(runs?.runs ?? 0),
		},
		{
			key: "again",
			title: "Given again",
			width: 96,
			align: "end",
			from: "wide",
			cell: ({ runs }) => shareText(runs ? shareOf(runs.cached, runs.succeeded) : null),
		},
	];
};

/** Whose it is, whoever took the most first; a name narrows the page to it. */
export function BreakdownTable(props: { by: Breakdown; rows: InsightRow[]; narrowTo: (subject: string) => void }) {
	return (
		<DataTable
			label={`By ${breakdownWords[props.by].toLowerCase()}`}
			list={{
				...{ rows: props.rows, isLoading: false, failure: null, hasMore: false, isLoadingMore: false },
				...{ loadMore: () => {}, retry: () => {} },
			}}
			columns={columnsOf(props.by, props.narrowTo)}
			rowId={(row) => row.subject}
			narrow={(row) => `${counted(row.calls.calls, "call")}, ${costText(row)}`}
			empty={
				<Empty icon={IconChartBar} title="Nothing in this time">
					As soon as an agent is asked, what it took stands here.
				</Empty>
			}
		/>
	);
}
