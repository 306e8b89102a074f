"use client";

import { IconPencil, IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Bar } from "@/components/ui/bar";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { When } from "@/components/ui/time";
import type { Source, SyncRun } from "@/server/sources/contract";
import { SourceHistory } from "./source-history";
import { SourceProblems } from "./source-problems";
import { SourceState } from "./source-state";
import styles from "./sources.module.css";
import { changeWords, intervalWords, kindWords, placeWords } from "./words";

const SourceForm = dynamic(() => import("./source-form"), { ssr: false });
const RemoveSource = dynamic(() => import("./remove-source"), { ssr: false });

/** One source: where it is, how its last sync went, what can be done with it. */
export function SourceCard({ source, mayManage }: { source: Source; mayManage: boolean }) {
	const { lastRun } = source;
	return (
		<article className={styles.card} aria-label={source.name}>
			<header className={styles.head}>
				<div className={styles.title}>
					<h2>{source.name}</h2>
					<p>
						{kindWords[source.kind]} · <code>{placeWords(source)}</code>
					</p>
				</div>
				<SourceState source={source} />
			</header>
			{lastRun?.state === "running" ? <Progress run={lastRun} /> : null}
			{lastRun?.reason ? (
				<p className={styles.reason} data-bad={lastRun.state === "failed" || undefined}>
					{lastRun.reason}
				</p>
			) : null}
			<p className={styles.facts}>
				<span>{counted(source.documentCount, "document")}</span>
				<span>{intervalWords(source.everyMinutes)}</span>
				{lastRun && lastRun.state !== "running" ? (
					<span>
						Synced <When at={lastRun.endedAt ?? lastRun.createdAt} />: {changeWords(lastRun)}
					</span>
				) : null}
				{source.nextAt ? (
					<span>
						Next <When at={source.nextAt} />
					</span>
				) : null}
				<span>For {source.ownerName}</span>
			</p>
			{mayManage ? <Acts source={source} /> : null}
			{source.problemCount > 0 ? <SourceProblems source={source} /> : null}
			{lastRun ? <SourceHistory source={source} /> : null}
		</article>
	);
}

function Progress({ run }: { run: SyncRun }) {
	const done = run.added + run.changed + run.unchanged + run.failed;
	return (
		<Bar
			share={run.found > 0 ? Math.min(1, done / run.found) : 0}
			label={run.found > 0 ? "Bringing what is new" : "Looking what is there"}
			detail={run.found > 0 ? `${figure(done)} of ${counted(run.found, "file")}` : undefined}
		/>
	);
}

function Acts({ source }: { source: Source }) {
	const api = useApi();
	const cache = useQueryClient();
	const [open, setOpen] = useState<"form" | "remove" | null>(null);
	const onSuccess = () => cache.invalidateQueries(api.sources.pathFilter());
	const sync = useMutation(api.sources.sync.mutationOptions({ onSuccess }));
	const change = useMutation(api.sources.change.mutationOptions({ onSuccess }));
	const { id: sourceId, isPaused, revision } = source;
	const error = sync.error ?? change.error;
	return (
		<>
			<div className={styles.acts}>
				<Button
					size="small"
					icon={IconRefresh}
					isBusy={sync.isPending}
					disabled={isPaused || source.lastRun?.state === "running"}
					onClick={() => sync.mutate({ sourceId })}
				>
					Sync now
				</Button>
				<Button
					size="small"
					icon={isPaused ? IconPlayerPlay : IconPlayerPause}
					isBusy={change.isPending}
					onClick={() => change.mutate({ sourceId, isPaused: !isPaused, basedOn: revision })}
				>
					{isPaused ? "Resume" : "Pause"}
				</Button>
				<Button size="small" icon={IconPencil} onClick={() => setOpen("form")}>
					Change
				</Button>
				<Button size="small" look="danger" icon={IconTrash} onClick={() => setOpen("remove")}>
					Delete
				</Button>
			</div>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			{open === "form" ? (
				<SourceForm collectionId={source.collectionId} source={source} onClose={() => setOpen(null)} />
			) : null}
			{open === "remove" ? <RemoveSource source={source} onClose={() => setOpen(null)} /> : null}
		</>
	);
}
