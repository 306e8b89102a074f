"use client";

import { IconApi, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ButtonLink } from "@/components/ui/button-link";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import { counted, duration, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { useUrl } from "@/components/ui/use-url";
import type { ProcedureEntry } from "@/server/procedures/contract";
import { Faces, Risk } from "./marks";
import { ProcedurePanel } from "./procedure-panel";

const columns: Column<ProcedureEntry>[] = [
	{ key: "path", title: "Procedure", cell: (row) => <code>{row.path}</code> },
	{ key: "permission", title: "Permission", width: 160, from: "narrow", cell: (row) => row.permission ?? "open" },
	{ key: "risk", title: "Risk", width: 96, cell: (row) => <Risk risk={row.risk} /> },
	{ key: "type", title: "Kind", width: 110, from: "middle", cell: (row) => row.type },
	{ key: "faces", title: "Faces", width: 196, from: "narrow", cell: (row) => <Faces faces={row.faces} /> },
	{ key: "limit", title: "Limit", width: 96, from: "wide", cell: (row) => row.limit },
	{ key: "calls", title: "Calls", width: 84, align: "end", from: "middle", cell: (row) => figure(row.calls) },
	{
		key: "mean",
		title: "Mean",
		width: 84,
		align: "end",
		from: "wide",
		cell: (row) => (row.meanMs === null ? "–" : duration(row.meanMs)),
	},
];

const risks = [
	{ value: "", label: "Any risk" },
	{ value: "read", label: "Read" },
	{ value: "write", label: "Write" },
	{ value: "danger", label: "Danger" },
];
const noInput = {};

/** Everything that can be done here, read off the definitions themselves. */
export function ProcedureList() {
	const api = useApi();
	const url = useUrl();
	const query = useQuery(api.procedures.list.queryOptions(noInput));
	const wanted = url.get("find") ?? "";
	const risk = url.get("risk") ?? "";
	const all = query.data?.rows ?? [];
	const rows = all.filter(
		(row) =>
			(!risk || row.risk === risk) &&
			`${row.path} ${row.permission ?? ""} ${row.rest ?? ""}`.toLowerCase().includes(wanted.toLowerCase()),
	);
	const openId = url.get("open");
	const open = all.find((row) => row.path === openId);
	return (
		<ScanPage>
			<PageHeader
				title="Procedures"
				count={query.data ? counted(rows.length, "procedure") : undefined}
				actions={
					<ButtonLink icon={IconApi} href="/api/docs">
						REST reference
					</ButtonLink>
				}
			>
				One definition, one gate, every face: what each needs, what it risks, who may reach it how.
			</PageHeader>
			<FilterBar>
				<FilterText
					label="Name, permission or address"
					size={24}
					value={wanted}
					onChange={(find) => url.set({ find, open: null })}
				/>
				<FilterSelect
					label="Risk"
					value={risk}
					options={risks}
					onChange={(next) => url.set({ risk: next, open: null })}
				/>
			</FilterBar>
			<Split panel={open ? <ProcedurePanel entry={open} onClose={() => url.set({ open: null })} /> : null}>
				<DataTable
					label="Procedures"
					list={{
						rows,
						isLoading: query.isPending,
						failure: query.error && !query.data ? toFailure(query.error) : null,
						hasMore: false,
						isLoadingMore: false,
						loadMore: () => {},
						retry: () => void query.refetch(),
					}}
					columns={columns}
					rowId={(row) => row.path}
					narrow={(row) => row.permission ?? "open"}
					openId={openId}
					onOpen={(path) => url.set({ open: path })}
					empty={<Empty icon={IconRoute} title="No procedure fits these filters" />}
				/>
			</Split>
		</ScanPage>
	);
}
