"use client";

import { IconPlus, IconShieldHalf } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Policy } from "@/server/safety/contract";
import { PolicyPanel } from "./policy-panel";
import { SafetyTabs } from "./safety-tabs";
import { detectorWords, modesInWords } from "./words";

const PolicyForm = dynamic(() => import("./policy-form"), { ssr: false });
const first = {};

const columns: Column<Policy>[] = [
	{ key: "name", title: "Policy", width: 240, cell: (row) => row.name },
	{ key: "detector", title: "Looks for", width: 170, from: "narrow", cell: (row) => detectorWords[row.detector] },
	{ key: "modes", title: "Where, and what then", from: "middle", cell: (row) => modesInWords(row.modes) },
	{ key: "finds", title: "In 7 days", width: 90, align: "end", from: "narrow", cell: (row) => figure(row.finds) },
	{ key: "at", title: "Changed", width: 110, align: "end", from: "wide", cell: (row) => <When at={row.updatedAt} /> },
];

/** The safety policies: what is looked for, where, and what comes of it. */
export function PolicyList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayManage = useMay("safety:manage");
	const openId = url.get("open");
	const list = usePages({
		key: api.safety.list.infiniteQueryKey(first),
		read: (cursor) => client.safety.list.query({ cursor }),
	});
	const open = list.rows.find(({ id }) => id === openId);
	const edited = list.rows.find(({ id }) => id === url.get("edit"));
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={() => url.set({ new: "1" })}>
			New policy
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="Safety"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "policy", "policies") : undefined}
				actions={mayManage ? newButton : undefined}
			>
				Filters are a second line: what an agent may do is decided by rights and approvals. Begin with counting, look at
				the findings, then cover or block.
			</PageHeader>
			<SafetyTabs />
			<Split
				panel={
					open ? (
						<PolicyPanel
							key={open.id}
							policy={open}
							onEdit={() => url.set({ edit: open.id })}
							onClose={() => url.set({ open: null })}
						/>
					) : null
				}
			>
				<DataTable
					label="Policies"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => modesInWords(row.modes)}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconShieldHalf} title="No policies yet" action={mayManage ? newButton : undefined}>
							Without one nothing is looked for, and nothing waits for it. A policy says what to look for in questions,
							passages, tools and answers.
						</Empty>
					}
				/>
			</Split>
			{mayManage && url.get("new") ? (
				<PolicyForm onClose={() => url.set({ new: null })} onSaved={(id) => url.set({ new: null, open: id })} />
			) : null}
			{mayManage && edited ? (
				<PolicyForm
					key={`${edited.id} ${edited.version}`}
					policy={edited}
					onClose={() => url.set({ edit: null })}
					onSaved={() => url.set({ edit: null })}
				/>
			) : null}
		</ScanPage>
	);
}
