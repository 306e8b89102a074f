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
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Budget } from "@/server/budgets/contract";
import { BudgetPanel } from "./budget-panel";
import { amount, spanWords, subjectWords, whose } from "./budget-words";
import styles from "./budgets.module.css";
import { BudgetsTabs } from "./budgets-tabs";
import { Meter } from "./meter";

const BudgetForm = dynamic(() => import("./budget-form"), { ssr: false });
const first = {};

export const limitOf = ({ measure, most, currency, span }: Budget): string =>
	`${amount(measure, most, currency)} ${spanWords[span]}`;

const columns: Column<Budget>[] = [
	{ key: "whose", title: "Whose", cell: whose },
	{ key: "kind", title: "What", width: 110, from: "middle", cell: (row) => subjectWords[row.subjectKind] },
	{ key: "limit", title: "Limit", width: 200, from: "narrow", cell: limitOf },
	{
		key: "used",
		title: "Used",
		width: 190,
		cell: (row) => (
			<span className={styles.cell}>
				{row.isEach ? "up to " : ""}
				{amount(row.measure, row.isEach ? row.peak : row.used, row.currency)}
				<Meter
					label={`Used of ${whose(row)}`}
					used={row.isEach ? row.peak : row.used}
					held={row.isEach ? 0 : row.held}
					most={row.most}
				/>
			</span>
		),
	},
	{
		key: "resets",
		title: "Begins anew",
		width: 120,
		align: "end",
		from: "wide",
		cell: (row) => (row.resetsAt ? <When at={row.resetsAt} /> : "–"),
	},
];

/** What may be taken at most, by whom. */
export function BudgetList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayManage = useMay("budgets:manage");
	const openId = url.get("open");
	const list = usePages({
		key: api.budgets.list.infiniteQueryKey(first),
		read: (cursor) => client.budgets.list.query({ cursor }),
	});
	const open = list.rows.find(({ id }) => id === openId);
	const edited = list.rows.find(({ id }) => id === url.get("edit"));
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={() => url.set({ new: "1" })}>
			New budget
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="Usage & budgets"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "budget") : undefined}
				actions={mayManage ? newButton : undefined}
			>
				All that bind a call hold together. A person's own budget stands in place of what each person has. Without any,
				the installation's tokens of a day hold.
			</PageHeader>
			<BudgetsTabs />
			<Split
				panel={
					open ? (
						<BudgetPanel
							key={open.id}
							budget={open}
							onEdit={() => url.set({ edit: open.id })}
							onClose={() => url.set({ open: null })}
						/>
					) : null
				}
			>
				<DataTable
					label="Budgets"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={limitOf}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconScale} title="No budgets yet" action={mayManage ? newButton : undefined}>
							A budget says what a person, a group, a role, a key, an agent or a model may take at most, by day or
							month.
						</Empty>
					}
				/>
			</Split>
			{mayManage && url.get("new") ? (
				<BudgetForm onClose={() => url.set({ new: null })} onSaved={(id) => url.set({ new: null, open: id })} />
			) : null}
			{mayManage && edited ? (
				<BudgetForm
					key={edited.id}
					budget={edited}
					onClose={() => url.set({ edit: null })}
					onSaved={() => url.set({ edit: null })}
				/>
			) : null}
		</ScanPage>
	);
}
