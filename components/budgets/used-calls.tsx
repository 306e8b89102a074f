"use client";

import { money } from "@/components/models/money";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { Fact, Facts, SidePanel } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import type { ListUsedCalls, UsageGroup, UsageRow, UsedCall } from "@/server/budgets/contract";
import styles from "./budgets.module.css";

const columns: Column<UsedCall>[] = [
	{
		key: "at",
		title: "When",
		cell: (row) =>
			row.runId && row.isOwn ? (
				<Link href={`/runs/${row.runId}`}>
					<When at={row.createdAt} />
				</Link>
			) : (
				<When at={row.createdAt} />
			),
	},
	{ key: "model", title: "Model", from: "narrow", cell: (row) => row.model },
	{
		key: "tokens",
		title: "Tokens",
		width: 90,
		align: "end",
		cell: (row) => figure(row.inputTokens + row.outputTokens),
	},
	{
		key: "cost",
		title: "Cost",
		width: 110,
		align: "end",
		cell: (row) => (row.costMicros === null ? "–" : money(row.costMicros, row.currency)),
	},
];

function filterOf(by: UsageGroup, subject: string): NonNullable<ListUsedCalls["filter"]> {
	switch (by) {
		case "user":
			return { userId: { eq: subject } };
		case "group":
			return { groupId: { eq: subject } };
		case "agent":
			return { agentId: { eq: subject } };
		case "key":
			return { keyId: { eq: subject } };
		case "model":
			return { modelKey: { eq: subject } };
	}
}

/** What a sum is made of: its calls, and the runs that they were made for. */
export function UsedCalls({ by, row, onClose }: { by: UsageGroup; row: UsageRow; onClose: () => void }) {
	return (
		<SidePanel title={row.name} label="Calls" onClose={onClose}>
			<Facts>
				<Fact name="Tokens">{figure(row.tokens)}</Fact>
				<Fact name="By the month's end">≈ {figure(row.forecastTokens)} tokens</Fact>
				<Fact name="Cost">{row.micros === 0 ? null : money(row.micros, row.currency || null)}</Fact>
				<Fact name="Failed calls">{figure(row.failed)}</Fact>
			</Facts>
			{row.subject === "" ? (
				<p className={styles.hint}>These calls were made for nobody in particular.</p>
			) : (
				<Calls filter={filterOf(by, row.subject)} />
			)}
		</SidePanel>
	);
}

function Calls({ filter }: { filter: NonNullable<ListUsedCalls["filter"]> }) {
	const api = useApi();
	const client = useClient();
	const list = usePages({
		key: api.budgets.listCalls.infiniteQueryKey({ filter }),
		read: (cursor) => client.budgets.listCalls.query({ filter, cursor }),
	});
	return (
		<DataTable
			label="Calls"
			list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
			columns={columns}
			rowId={(call) => call.id}
			narrow={(call) => [call.userName, call.agentName].filter(Boolean).join(" · ")}
			empty={<p className={styles.hint}>No calls.</p>}
		/>
	);
}
