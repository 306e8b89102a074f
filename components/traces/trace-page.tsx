"use client";

import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { costOf } from "@/components/models/money";
import { useApi } from "@/components/trpc/client";
import { AskEarly } from "@/components/trpc/early";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterText } from "@/components/ui/field";
import { counted, duration, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Exactly } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { TraceHead } from "@/server/traces/contract";
import { GraphView } from "./graph-view";
import { shownRows } from "./rows";
import { SpanPanel } from "./span-panel";
import { SpanTree } from "./span-tree";
import { SpanState } from "./span-words";
import styles from "./traces.module.css";
import { useSpans } from "./use-spans";

const views = { tree: "Tree", timeline: "Timeline", graph: "Graph" } as const;
type View = keyof typeof views;
const viewNames = ["tree", "timeline", "graph"] as const satisfies readonly View[];

/** One trace: what was done for a run, within what, how long it took and what it cost; one selection in three views. */
export function TracePage({ traceId }: { traceId: string }) {
	const api = useApi();
	const head = useQuery({
		...api.traces.read.queryOptions({ traceId }),
		refetchInterval: ({ state }) => (state.data && !state.data.isOver ? 3_000 : false),
	});
	if (head.error && !head.data) return <ErrorView failure={toFailure(head.error)} retry={() => void head.refetch()} />;
	return head.data ? <OneTrace trace={head.data} /> : null;
}

function OneTrace({ trace }: { trace: TraceHead }) {
	const url = useUrl();
	const { forest, early, isWhole, error, retry } = useSpans(trace.id, trace.isOver);
	const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
	const view = viewNames.find((one) => one === url.get("view")) ?? "tree";
	const words = url.get("q") ?? "";
	const onlyFailed = url.get("failed") === "1";
	const asked = useDeferredValue(words);
	const { rows, found } = useMemo(
		() => shownRows(forest, folded, { words: asked, onlyFailed }),
		[forest, folded, asked, onlyFailed],
	);
	const chosen = url.get("span");
	const choose = (id: string | null) => url.set({ span: id });
	const open = chosen ? forest.byId.get(chosen) : undefined;
	const isSearched = asked.trim() !== "" || onlyFailed;
	return (
		<ScanPage>
			{early ? <AskEarly {...early} /> : null}
			<PageHeader
				title={trace.name}
				up={{ href: "/traces", label: "Traces" }}
				count={
					isWhole
						? counted(forest.all.length, "span")
						: `${figure(forest.all.length)} of ${counted(trace.spans, "span")}`
				}
				actions={
					trace.threadId ? (
						<>
							<ButtonLink size="small" look="quiet" href={`/runs?open=${trace.runId}`}>
								Run
							</ButtonLink>
							<ButtonLink size="small" look="quiet" href={`/chat/${trace.threadId}`}>
								Chat
							</ButtonLink>
						</>
					) : null
				}
			/>
			<Sums trace={trace} />
			<FilterBar label="Views and search">
				<fieldset className={styles.views}>
					<legend>View</legend>
					{viewNames.map((one) => (
						<Button
							key={one}
							size="small"
							className={styles.toggle}
							aria-pressed={view === one}
							onClick={() => url.set({ view: one === "tree" ? null : one })}
						>
							{views[one]}
						</Button>
					))}
				</fieldset>
				<FilterText label="Find a span" value={words} onChange={(q) => url.set({ q })} />
				<Button
					size="small"
					icon={IconAlertTriangle}
					className={styles.toggle}
					aria-pressed={onlyFailed}
					onClick={() => url.set({ failed: onlyFailed ? null : "1" })}
				>
					Failed only
				</Button>
				<span role="status" className={styles.found}>
					{isSearched ? `${figure(found.size)} found` : ""}
				</span>
			</FilterBar>
			{error ? <ErrorView failure={toFailure(error)} retry={retry} /> : null}
			<div className={styles.split} data-open={open ? true : undefined}>
				{view === "graph" ? (
					<GraphView forest={forest} chosen={chosen} onChoose={choose} />
				) : (
					<SpanTree
						forest={forest}
						rows={rows}
						view={view}
						found={found}
						folded={folded}
						chosen={chosen}
						onChoose={choose}
						onFold={(id, isFolded) => {
							const next = new Set(folded);
							if (isFolded) next.add(id);
							else next.delete(id);
							setFolded(next);
						}}
					/>
				)}
				{open ? (
					<SpanPanel
						key={open.span.id}
						trace={trace}
						node={open}
						rolled={forest.rolled.get(open.span.id)}
						onClose={() => choose(null)}
					/>
				) : null}
			</div>
		</ScanPage>
	);
}

/** What the whole of it came to. */
function Sums({ trace }: { trace: TraceHead }) {
	const [cost, ...others] = trace.costs;
	return (
		<ul className={styles.sums}>
			<li>{trace.isOver ? <SpanState status={trace.status} /> : "Goes on"}</li>
			<li>
				<b>{duration(trace.ms)}</b>
				{trace.firstTokenMs === null ? "" : `, first words after ${duration(trace.firstTokenMs)}`}
			</li>
			<li>
				{figure(trace.inputTokens)} in, {figure(trace.outputTokens)} out
			</li>
			{cost ? <li>{costOf({ ...cost, others, isEstimated: false })}</li> : null}
			<li>{counted(trace.modelCalls, "model call")}</li>
			{trace.failures > 0 ? <li className={styles.bad}>{counted(trace.failures, "failed span")}</li> : null}
			{trace.agentName ? <li>{trace.agentName}</li> : null}
			{trace.userName ? <li>for {trace.userName}</li> : null}
			<li>
				<Exactly at={trace.startedAt} />
			</li>
			<li>
				<CopyId value={trace.id} label="trace id" length={8} />
			</li>
		</ul>
	);
}
