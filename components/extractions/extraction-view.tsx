"use client";

import { IconForms } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Bar } from "@/components/ui/bar";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { useUrl } from "@/components/ui/use-url";
import {
	type Extraction,
	type ExtractionColumns,
	type ExtractionResult,
	resultStates,
} from "@/server/extractions/contract";
import { ExtractionActions } from "./extraction-actions";
import styles from "./extractions.module.css";
import { resultsFrom } from "./filter";
import { ResultPanel } from "./result-panel";
import { Certainty, ExtractionState, ResultState, resultStateWords } from "./states";
import { rowsOf, shown } from "./values";

const states = [
	{ value: "", label: "Any state" },
	{ value: "low", label: "With low confidence" },
	...resultStates.map((state) => ({ value: state, label: resultStateWords[state] })),
];
const hidden = "A document that you may not read";
/** More columns than this are read in the panel. */
const mostShown = 8;
const froms = ["narrow", "narrow", "middle", "middle", "wide", "wide", "wide", "wide"] as const;

/** One extraction: a row a document, a column a field. */
export function ExtractionView({ extractionId }: { extractionId: string }) {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const query = useQuery({
		...api.extractions.get.queryOptions({ extractionId }),
		refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? 1_000 : false),
	});
	const shape = useQuery({
		...api.extractions.columns.queryOptions({ extractionId }),
		staleTime: Number.POSITIVE_INFINITY,
	});
	const asked = resultsFrom(extractionId, url.get);
	const extraction = query.data;
	const list = usePages({
		key: api.extractions.listResults.infiniteQueryKey(asked),
		read: (cursor) => client.extractions.listResults.query({ ...asked, cursor }),
		everyMs: extraction && isGoing(extraction) ? 1_000 : 10_000,
	});
	const openId = url.get("open");
	if (query.error && !extraction)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	const isFiltered = asked.filter !== undefined;
	return (
		<ScanPage>
			<PageHeader
				up={{ href: "/extractions", label: "Extractions" }}
				title={extraction?.name ?? "Extraction"}
				count={extraction ? counted(extraction.total, "document") : undefined}
				actions={extraction ? <ExtractionActions extraction={extraction} columns={shape.data} /> : undefined}
			>
				{extraction ? `By ${extraction.agentName}, version ${extraction.agentVersion}` : null}
			</PageHeader>
			{extraction ? <Progress extraction={extraction} /> : null}
			<FilterBar>
				<FilterSelect
					label="Show"
					value={url.get("state") ?? ""}
					options={states}
					onChange={(next) => url.set({ state: next, open: null })}
				/>
			</FilterBar>
			<Split
				panel={
					openId ? (
						<ResultPanel
							key={openId}
							extractionId={extractionId}
							resultId={openId}
							columns={shape.data}
							onClose={() => url.set({ open: null })}
						/>
					) : null
				}
			>
				<DataTable
					label="Results"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columnsFor(shape.data)}
					rowId={(row) => row.id}
					narrow={(row) => summary(row, shape.data)}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconForms} title={isFiltered ? "No document like that" : "No documents any more"}>
							{isFiltered
								? "Choose another state to see the others."
								: "What was read is deleted, and its results with it."}
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}

const isGoing = ({ state, running }: Extraction): boolean => state === "running" || running > 0;

function Progress({ extraction }: { extraction: Extraction }) {
	const { state, total, done, failed, cancelled, low, reason } = extraction;
	const over = done + failed + cancelled;
	const parts = [
		`${figure(done)} of ${figure(total)} done`,
		failed > 0 ? `${figure(failed)} failed` : "",
		low > 0 ? `${figure(low)} with low confidence` : "",
	].filter(Boolean);
	return (
		<div className={styles.progress}>
			<ExtractionState state={state} />
			{isGoing(extraction) || state === "paused" ? (
				<Bar share={total === 0 ? 1 : over / total} label={parts.join(", ")} />
			) : (
				<span>{parts.join(", ")}</span>
			)}
			{reason ? <p role="status">{reason}</p> : null}
		</div>
	);
}

function columnsFor(shape: ExtractionColumns | undefined): Column<ExtractionResult>[] {
	const fields = [
		...(shape?.fields ?? []).map(
			({ path, title }): Omit<Column<ExtractionResult>, "from"> => ({
				key: path,
				title,
				cell: (row) => <Cell row={row} path={path} />,
			}),
		),
		...(shape?.lists ?? []).map(
			({ path, title }): Omit<Column<ExtractionResult>, "from"> => ({
				key: path,
				title,
				cell: (row) => (row.state === "done" ? counted(rowsOf(row.fields, path).length, "row") : "–"),
			}),
		),
	].slice(0, mostShown);
	return [
		{ key: "document", title: "Document", cell: (row) => row.documentName ?? hidden },
		{ key: "state", title: "State", width: 100, cell: (row) => <ResultState state={row.state} /> },
		{
			key: "certainty",
			title: "Confidence",
			width: 124,
			from: "narrow",
			cell: (row) => <Certainty certainty={row.certainty} />,
		},
		...fields.map((column, at) => ({ ...column, from: froms[at] ?? "wide" })),
	];
}

/** A value; where it is not to be trusted, that stands beside it in a word. */
function Cell({ row, path }: { row: ExtractionResult; path: string }) {
	const field = row.fields.find((one) => one.path === path);
	if (!field) return "–";
	return (
		<span className={styles.cell} data-level={field.level}>
			{shown(field.value)}
			{field.level === "low" ? <small> low</small> : field.level === "medium" ? <small> medium</small> : null}
		</span>
	);
}

function summary(row: ExtractionResult, shape: ExtractionColumns | undefined): string {
	if (row.state !== "done") return row.reason ?? resultStateWords[row.state];
	const [first] = shape?.fields ?? [];
	const value = row.fields.find(({ path }) => path === first?.path)?.value;
	return `${first?.title ?? ""} ${shown(value ?? null)}, ${row.certainty ?? 0} % sure`;
}
