"use client";

import { IconPlus, IconShieldCheck } from "@tabler/icons-react";
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
import type { ApprovalRule } from "@/server/approvals/contract";
import { ApprovalsTabs } from "./approvals-tabs";
import { RulePanel } from "./rule-panel";
import { agentOf, approversOf, peopleOf, toolOf } from "./rule-words";

const RuleForm = dynamic(() => import("./rule-form"), { ssr: false });
const first = {};

const columns: Column<ApprovalRule>[] = [
	{ key: "tool", title: "Tool", cell: (row) => toolOf(row) },
	{ key: "agent", title: "Called by", width: 200, from: "narrow", cell: agentOf },
	{ key: "people", title: "Approved by", width: 150, cell: peopleOf },
	{ key: "approvers", title: "Who are", width: 240, from: "middle", cell: approversOf },
	{
		key: "changed",
		title: "Changed",
		width: 110,
		align: "end",
		from: "wide",
		cell: (row) => <When at={row.updatedAt} />,
	},
];

/** Which calls wait beside the dangerous ones, and who may let them through. */
export function RuleList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayManage = useMay("approvals:manage");
	const openId = url.get("open");
	const list = usePages({
		key: api.approvals.listRules.infiniteQueryKey(first),
		read: (cursor) => client.approvals.listRules.query({ cursor }),
	});
	const open = list.rows.find(({ id }) => id === openId);
	const edited = list.rows.find(({ id }) => id === url.get("edit"));
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={() => url.set({ new: "1" })}>
			New rule
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="Approvals"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "rule") : undefined}
				actions={mayManage ? newButton : undefined}
			>
				What is dangerous always waits for a second person. Rules have more calls wait, and say who approves; all that
				fit a call hold together.
			</PageHeader>
			<ApprovalsTabs />
			<Split
				panel={
					open ? (
						<RulePanel
							key={open.id}
							rule={open}
							onEdit={() => url.set({ edit: open.id })}
							onClose={() => url.set({ open: null })}
						/>
					) : null
				}
			>
				<DataTable
					label="Rules"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => `${agentOf(row)}; ${approversOf(row)}`}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconShieldCheck} title="No rules yet" action={mayManage ? newButton : undefined}>
							Without one, a second person who may do it themselves approves what is dangerous.
						</Empty>
					}
				/>
			</Split>
			{mayManage && url.get("new") ? (
				<RuleForm onClose={() => url.set({ new: null })} onSaved={(id) => url.set({ new: null, open: id })} />
			) : null}
			{mayManage && edited ? (
				<RuleForm
					key={edited.id}
					rule={edited}
					onClose={() => url.set({ edit: null })}
					onSaved={() => url.set({ edit: null })}
				/>
			) : null}
		</ScanPage>
	);
}
