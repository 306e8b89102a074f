"use client";

import { IconShieldCheck } from "@tabler/icons-react";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Approval, approvalStates } from "@/server/approvals/contract";
import { ApprovalPanel } from "./approval-panel";
import { ApprovalState, Risk, stateWords } from "./approval-state";
import { ApprovalsTabs } from "./approvals-tabs";
import { filterFrom } from "./filter";
import { ShownText } from "./shown-text";
import { useLiveApprovals } from "./use-approvals";

const whoAsked = ({ requesterName, agentName, via }: Approval): string =>
	agentName ? `${requesterName}, by ${agentName}` : `${requesterName}, by ${via === "mcp" ? "an MCP client" : via}`;

/** Until when something has to happen; nothing where nothing has to any more. */
function Deadline({ row }: { row: Approval }) {
	if (row.state === "pending") return <When at={row.expiresAt} />;
	return row.state === "approved" && row.useBy ? <When at={row.useBy} /> : "–";
}

const columns: Column<Approval>[] = [
	{ key: "effect", title: "What would be done", cell: (row) => <ShownText text={row.effect} /> },
	{ key: "risk", title: "Risk", width: 118, from: "narrow", cell: (row) => <Risk risk={row.risk} /> },
	{ key: "who", title: "Asked by", width: 210, from: "middle", cell: whoAsked },
	{ key: "tool", title: "Tool", width: 200, from: "wide", cell: (row) => <code>{row.tool}</code> },
	{ key: "state", title: "State", width: 124, cell: (row) => <ApprovalState state={row.state} /> },
	{ key: "age", title: "Asked", width: 96, align: "end", from: "middle", cell: (row) => <When at={row.createdAt} /> },
	{ key: "left", title: "Ends", width: 92, align: "end", from: "narrow", cell: (row) => <Deadline row={row} /> },
];
const states = [
	...approvalStates.map((state) => ({ value: state, label: stateWords[state] })),
	{ value: "all", label: "Any state" },
];

/** What waits for a person's word, and what became of it. */
export function ApprovalList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const decides = useMay("approvals:decide");
	const filter = filterFrom(url.get);
	const openId = url.get("open");
	const state = url.get("state") ?? "pending";
	useLiveApprovals();
	const list = usePages({
		key: api.approvals.list.infiniteQueryKey(filter),
		read: (cursor) => client.approvals.list.query({ ...filter, cursor }),
	});
	return (
		<ScanPage>
			<PageHeader
				title="Approvals"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "call") : undefined}
			>
				{decides
					? "What agents and programs may only do once a person has looked at it. Each is let through once, exactly as it stands here."
					: "What your agents and programs asked for, and wait to be allowed. Somebody else decides of what is dangerous."}
			</PageHeader>
			<ApprovalsTabs />
			<FilterBar>
				<FilterSelect
					label="State"
					value={state}
					options={states}
					onChange={(value) => url.set({ state: value === "pending" ? null : value, open: null })}
				/>
			</FilterBar>
			<Split
				panel={
					openId ? <ApprovalPanel key={openId} approvalId={openId} onClose={() => url.set({ open: null })} /> : null
				}
			>
				<DataTable
					label="Approvals"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => `${whoAsked(row)} · ${row.tool}`}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconShieldCheck} title={state === "pending" ? "Nothing waits" : "Nothing in this state"}>
							When an agent or an MCP client asks for something dangerous, it stands here until it is decided.
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}
