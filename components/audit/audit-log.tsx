"use client";

import { IconDownload, IconHistory } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { ScanPage } from "@/components/ui/page";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type AuditEntry, toListFilter } from "@/server/audit/contract";
import { AuditFilters } from "./audit-filters";
import { AuditHead } from "./audit-head";
import { AuditPanel } from "./audit-panel";
import { ChainStatus } from "./chain-status";
import { cleared, filterFrom, isFiltered } from "./filter";
import { byRequest, type RequestGroup } from "./group";
import { Outcome } from "./outcome";
import { RequestPanel } from "./request-panel";

const ExportForm = dynamic(() => import("./export-form"), { ssr: false });

const entryColumns: Column<AuditEntry>[] = [
	{ key: "action", title: "Action", cell: (row) => row.action },
	{ key: "actor", title: "Actor", width: 190, from: "narrow", cell: (row) => row.actorLabel },
	{ key: "outcome", title: "Outcome", width: 100, cell: (row) => <Outcome outcome={row.outcome} /> },
	{ key: "via", title: "Via", width: 80, from: "middle", cell: (row) => row.via },
	{ key: "resource", title: "Resource", width: 110, from: "middle", cell: (row) => row.resourceKind },
	{ key: "address", title: "Address", width: 120, from: "wide", cell: (row) => row.address ?? "" },
	{ key: "seq", title: "Number", width: 90, align: "end", from: "wide", cell: (row) => row.seq ?? "new" },
	{ key: "at", title: "Time", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.at} /> },
];

const groupColumns: Column<RequestGroup>[] = [
	{ key: "action", title: "Request", cell: (row) => row.title },
	{ key: "count", title: "Entries", width: 80, align: "end", cell: (row) => row.entries.length },
	{ key: "actor", title: "Actor", width: 190, from: "narrow", cell: (row) => row.newest.actorLabel },
	{ key: "outcome", title: "Outcome", width: 100, cell: (row) => <Outcome outcome={row.outcome} /> },
	{ key: "via", title: "Via", width: 80, from: "middle", cell: (row) => row.newest.via },
	{ key: "address", title: "Address", width: 120, from: "wide", cell: (row) => row.newest.address ?? "" },
	{ key: "at", title: "Time", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.newest.at} /> },
];

/** Who did what, newest first. Conditions, grouping and what is open are in the address. */
export function AuditLog() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const { filter, unusable } = filterFrom(url.get);
	const mayExport = useMay("audit:export");
	const isGrouped = url.get("group") === "request";
	const openId = url.get("open");
	const asked = { filter: toListFilter(filter) };
	const list = usePages({
		key: api.audit.list.infiniteQueryKey(asked),
		read: (cursor) => client.audit.list.query({ ...asked, cursor }),
		isAudited: true,
	});
	const close = () => url.set({ open: null });
	const open = list.rows.find((row) => String(row.id) === openId);
	const entryPanel = open ? <AuditPanel key={open.id} entry={open} onClose={close} /> : null;
	const requestPanel = openId ? <RequestPanel key={openId} requestId={openId} onClose={close} /> : null;
	const table = {
		list: { ...list, failure: list.error ? toFailure(list.error) : null },
		openId,
		onOpen: (id: string | null) => url.set({ open: id }),
		empty: <NothingFits isFiltered={isFiltered(filter)} clear={() => url.set(cleared)} />,
	};
	return (
		<ScanPage>
			<AuditHead
				actions={
					mayExport ? (
						<Button icon={IconDownload} onClick={() => url.set({ export: "1" })}>
							Export…
						</Button>
					) : null
				}
			/>
			<ChainStatus />
			<AuditFilters url={url} unusable={unusable} />
			<Split panel={isGrouped ? requestPanel : entryPanel}>
				{isGrouped ? (
					<DataTable
						{...table}
						list={{ ...table.list, rows: byRequest(list.rows) }}
						label="Requests"
						columns={groupColumns}
						rowId={(row) => row.requestId}
						narrow={(row) => <Below entry={row.newest} />}
					/>
				) : (
					<DataTable
						{...table}
						label="Audit entries"
						columns={entryColumns}
						rowId={(row) => String(row.id)}
						narrow={(row) => <Below entry={row} />}
					/>
				)}
			</Split>
			{url.get("export") && mayExport ? <ExportForm filter={filter} onClose={() => url.set({ export: null })} /> : null}
		</ScanPage>
	);
}

const Below = ({ entry }: { entry: AuditEntry }) => (
	<>
		{entry.actorLabel}, <When at={entry.at} />
	</>
);

function NothingFits(props: { isFiltered: boolean; clear: () => void }) {
	if (!props.isFiltered) return <Empty icon={IconHistory} title="Nothing has happened yet" />;
	return (
		<Empty
			icon={IconHistory}
			title="No entry fits these filters"
			action={<Button onClick={props.clear}>Clear filters</Button>}
		>
			Take a condition away, or choose a longer time.
		</Empty>
	);
}
