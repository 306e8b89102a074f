"use client";

import { IconForms, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Extraction, extractionStates } from "@/server/extractions/contract";
import styles from "./extractions.module.css";
import { filterFrom } from "./filter";
import { ExtractionState, extractionStateWords } from "./states";

const ExtractionForm = dynamic(() => import("./extraction-form"), { ssr: false });

const columns: Column<Extraction>[] = [
	{
		key: "name",
		title: "From",
		cell: (row) => (
			<Link href={`/extractions/${row.id}`} className={styles.name}>
				{row.name}
			</Link>
		),
	},
	{ key: "state", title: "State", width: 116, cell: (row) => <ExtractionState state={row.state} /> },
	{ key: "agent", title: "Agent", width: 160, from: "middle", cell: (row) => row.agentName },
	{
		key: "done",
		title: "Documents",
		width: 110,
		align: "end",
		from: "narrow",
		cell: (row) => `${figure(row.done)} of ${figure(row.total)}`,
	},
	{
		key: "looked",
		title: "To be looked at",
		width: 130,
		align: "end",
		from: "middle",
		cell: (row) => (row.low + row.failed > 0 ? figure(row.low + row.failed) : "–"),
	},
	{ key: "at", title: "Started", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

const states = [
	{ value: "", label: "Any state" },
	...extractionStates.map((state) => ({ value: state, label: extractionStateWords[state] })),
];

/** One's own extractions, newest first. `?new=1` opens the form, `?agent=` with that agent chosen. */
export function ExtractionList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayStart = useMay("runs:write");
	const asked = filterFrom(url.get);
	const list = usePages({
		key: api.extractions.list.infiniteQueryKey(asked),
		read: (cursor) => client.extractions.list.query({ ...asked, cursor }),
		everyMs: 3_000,
	});
	const open = () => url.set({ new: "1" });
	const state = asked.filter?.state.eq ?? "";
	return (
		<ScanPage>
			<PageHeader
				title="Extractions"
				actions={
					mayStart ? (
						<Button look="primary" icon={IconPlus} onClick={open}>
							New extraction
						</Button>
					) : undefined
				}
			>
				Fields out of documents and pictures: each with its place in the source, and how sure it is.
			</PageHeader>
			<FilterBar>
				<FilterSelect label="State" value={state} options={states} onChange={(next) => url.set({ state: next })} />
			</FilterBar>
			<DataTable
				label="Extractions"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => (
					<>
						{row.agentName}, {counted(row.total, "document")}
					</>
				)}
				empty={
					<Empty
						icon={IconForms}
						title={state ? "No extraction in this state" : "No extractions yet"}
						action={mayStart && !state ? <Button onClick={open}>New extraction</Button> : undefined}
					>
						{state ? null : "Choose an agent that extracts, and a collection or some documents to read."}
					</Empty>
				}
			/>
			{url.get("new") && mayStart ? (
				<ExtractionForm agentId={url.get("agent")} onClose={() => url.set({ new: null, agent: null })} />
			) : null}
		</ScanPage>
	);
}
