"use client";

import { IconApi, IconRoute } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { ButtonLink } from "@/components/ui/button-link";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import { counted, duration, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { useUrl } from "@/components/ui/use-url";
import { faces, type ProcedureEntry, risks } from "@/server/procedures/contract";
import { filterFrom } from "./filter";
import { Faces, faceWords, Risk, riskWords } from "./marks";
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

const riskChoices = [
	{ value: "", label: "Any risk" },
	...risks.map((risk) => ({ value: risk, label: riskWords[risk] })),
];
const faceChoices = [
	{ value: "", label: "Any face" },
	...faces.map((face) => ({ value: face, label: faceWords[face] })),
];

/** Everything that can be done here, read off the definitions themselves. */
export function ProcedureList() {
	const api = useApi();
	const url = useUrl();
	const client = useClient();
	const asked = filterFrom(url.get);
	const { path, risk, faces: face, permission } = asked.filter ?? {};
	const list = usePages({
		key: api.procedures.list.infiniteQueryKey(asked),
		read: (cursor) => client.procedures.list.query({ ...asked, cursor }),
	});
	const openId = url.get("open");
	const set = (name: string) => (value: string) => url.set({ [name]: value, open: null });
	return (
		<ScanPage>
			<PageHeader
				title="Procedures"
				count={list.isLoading || list.hasMore ? undefined : counted(list.rows.length, "procedure")}
				actions={
					<ButtonLink icon={IconApi} href="/api/docs">
						REST reference
					</ButtonLink>
				}
			>
				One definition, one gate, every face: what each needs, what it risks, who may reach it how.
			</PageHeader>
			<FilterBar>
				<FilterText label="Part of the name" size={20} value={path?.contains ?? ""} onChange={set("find")} />
				<FilterText label="Permission" size={18} value={permission?.eq ?? ""} onChange={set("permission")} />
				<FilterSelect label="Risk" value={risk?.eq ?? ""} options={riskChoices} onChange={set("risk")} />
				<FilterSelect label="Face" value={face?.eq ?? ""} options={faceChoices} onChange={set("face")} />
			</FilterBar>
			<Split
				panel={
					openId ? <ProcedurePanel key={openId} procedure={openId} onClose={() => url.set({ open: null })} /> : null
				}
			>
				<DataTable
					label="Procedures"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.path}
					narrow={(row) => row.permission ?? "open"}
					openId={openId}
					onOpen={(name) => url.set({ open: name })}
					empty={
						<Empty icon={IconRoute} title="No procedure fits these filters">
							Take a condition away to see more of them.
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}
