"use client";

import { IconHistory } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { AuditEntry } from "@/server/audit/contract";
import { AuditPanel } from "./audit-panel";
import { filterFrom } from "./filter";
import { Outcome } from "./outcome";

const columns: Column<AuditEntry>[] = [
	{ key: "action", title: "Action", cell: (row) => row.action },
	{ key: "actor", title: "Actor", width: 200, from: "narrow", cell: (row) => row.actorLabel },
	{ key: "outcome", title: "Outcome", width: 110, cell: (row) => <Outcome outcome={row.outcome} /> },
	{ key: "via", title: "Via", width: 90, from: "middle", cell: (row) => row.via },
	{ key: "resource", title: "Resource", width: 110, from: "middle", cell: (row) => row.resourceKind },
	{
		key: "request",
		title: "Request",
		width: 130,
		from: "wide",
		cell: (row) => <code>{row.requestId.slice(0, 13)}</code>,
	},
	{ key: "at", title: "Time", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.at} /> },
];

const outcomes = [
	{ value: "", label: "Any outcome" },
	{ value: "done", label: "Done" },
	{ value: "denied", label: "Denied" },
	{ value: "failed", label: "Failed" },
];

/** Who did what, newest first. The filters and the open row are in the address. */
export function AuditLog() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const filter = filterFrom(url.get);
	const openId = url.get("open");
	const list = usePages({
		key: api.audit.list.infiniteQueryKey(filter),
		read: (cursor) => client.audit.list.query({ ...filter, cursor }),
	});
	const open = list.rows.find((row) => String(row.id) === openId);
	const isFiltered = Object.values(filter).some((value) => value !== undefined);
	const clear = () => url.set({ action: null, outcome: null, request: null, user: null, open: null });
	return (
		<ScanPage>
			<PageHeader title="Audit">
				Every change and every refusal, written in the same moment as what it tells.
			</PageHeader>
			<FilterBar>
				<FilterText
					label="Action, such as user.create"
					size={26}
					value={url.get("action") ?? ""}
					onChange={(action) => url.set({ action, open: null })}
				/>
				<FilterSelect
					label="Outcome"
					value={filter.outcome ?? ""}
					options={outcomes}
					onChange={(outcome) => url.set({ outcome, open: null })}
				/>
				<FilterText
					label="Request id"
					size={34}
					value={url.get("request") ?? ""}
					onChange={(request) => url.set({ request, open: null })}
				/>
				{isFiltered ? (
					<Button look="quiet" onClick={clear}>
						Clear filters
					</Button>
				) : null}
			</FilterBar>
			<Split panel={open ? <AuditPanel entry={open} onClose={() => url.set({ open: null })} /> : null}>
				<DataTable
					label="Audit entries"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => String(row.id)}
					narrow={(row) => (
						<>
							{row.actorLabel}, <When at={row.at} />
						</>
					)}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty
							icon={IconHistory}
							title={isFiltered ? "No entry fits these filters" : "Nothing has happened yet"}
							action={isFiltered ? <Button onClick={clear}>Clear filters</Button> : undefined}
						/>
					}
				/>
			</Split>
		</ScanPage>
	);
}
