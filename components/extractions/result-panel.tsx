"use client";

import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import { useEscape } from "@/components/ui/use-escape";
import type { ExtractionColumns, ExtractionResult } from "@/server/extractions/contract";
import styles from "./extractions.module.css";
import { ResultField } from "./result-field";
import { ResultState } from "./states";
import { rowsOf } from "./values";

/** What was read in one document: each field beside the words that it stands in, to be corrected by hand. */
export function ResultPanel(props: {
	extractionId: string;
	resultId: string;
	columns: ExtractionColumns | undefined;
	onClose: () => void;
}) {
	const { extractionId, resultId, columns, onClose } = props;
	const api = useApi();
	const query = useQuery({
		...api.extractions.getResult.queryOptions({ extractionId, resultId }),
		refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? 1_500 : false),
	});
	useEscape(onClose);
	const result = query.data;
	return (
		<SidePanel
			title={result ? (result.documentName ?? "A document that you may not read") : "Result"}
			label="Result"
			onClose={onClose}
			actions={
				result?.documentName ? (
					<Link
						href={`/knowledge/documents/${result.documentId}`}
						aria-label="Open the document"
						title="Open the document"
					>
						<IconExternalLink size={16} stroke={1.5} />
					</Link>
				) : null
			}
		>
			{query.error && !result ? (
				<ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />
			) : null}
			{result ? <Body result={result} columns={columns} /> : null}
		</SidePanel>
	);
}

const isOpen = ({ state }: ExtractionResult): boolean => state === "queued" || state === "running";

function Body({ result, columns }: { result: ExtractionResult; columns: ExtractionColumns | undefined }) {
	const mayCorrect = useMay("runs:write");
	const byPath = new Map(result.fields.map((field) => [field.path, field]));
	return (
		<>
			<Facts>
				<Fact name="State">
					<ResultState state={result.state} />
				</Fact>
				<Fact name="Why">{result.reason}</Fact>
				<Fact name="Model">{result.model}</Fact>
				<Fact name="Changed">
					<Exactly at={result.updatedAt} />
				</Fact>
				<Fact name="Run">{result.runId ? <Link href={`/runs?open=${result.runId}`}>Open the run</Link> : null}</Fact>
			</Facts>
			{result.documentName === null ? (
				<p className={styles.note}>It was deleted, or your access was taken away: what was read in it is not shown.</p>
			) : null}
			{result.fields.length > 0 ? (
				<PanelSection title="Fields">
					<ul className={styles.results}>
						{(columns?.fields ?? []).map((column) => {
							const field = byPath.get(column.path);
							return field ? <ResultField key={column.path} {...{ column, field, result, mayCorrect }} /> : null;
						})}
					</ul>
				</PanelSection>
			) : null}
			{(columns?.lists ?? []).map((list) => {
				const rows = rowsOf(result.fields, list.path);
				return result.state === "done" ? (
					<PanelSection key={list.path} title={`${list.title} (${rows.length})`}>
						{rows.length === 0 ? <p className={styles.note}>The document has none.</p> : null}
						{rows.map(({ n, fields }) => (
							<div key={n} className={styles.row}>
								<h4>Row {n + 1}</h4>
								<ul className={styles.results}>
									{list.fields.map((column) => {
										const field = fields.get(column.path);
										return field ? <ResultField key={column.path} {...{ column, field, result, mayCorrect }} /> : null;
									})}
								</ul>
							</div>
						))}
					</PanelSection>
				) : null;
			})}
			{result.revision > 1 ? <History result={result} /> : null}
		</>
	);
}

function History({ result: { extractionId, id: resultId } }: { result: ExtractionResult }) {
	const api = useApi();
	const { data } = useQuery(api.extractions.history.queryOptions({ extractionId, resultId }));
	if (!data || data.corrections.length === 0) return null;
	return (
		<PanelSection title="Corrections">
			<ol className={styles.history}>
				{data.corrections.map(({ path, before, value, byName, at }) => (
					<li key={`${path} ${at.getTime()}`}>
						<code>{path}</code>: {String(before ?? "nothing")} → {String(value ?? "nothing")}
						<small>
							{byName}, <Exactly at={at} />
						</small>
					</li>
				))}
			</ol>
		</PanelSection>
	);
}
