"use client";

import { IconFlask2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Bar } from "@/components/ui/bar";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted, figure } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { useUrl } from "@/components/ui/use-url";
import type { Experiment, ExperimentInFull } from "@/server/evaluations/contract";
import { CompareVariants } from "./compare-variants";
import styles from "./evaluations.module.css";
import { ExperimentActions } from "./experiment-actions";
import { cellsFrom } from "./filter";
import { ResultItem } from "./result-item";
import { ExperimentState } from "./states";
import { VariantTable } from "./variant-table";

const shows = [
	{ value: "", label: "All items" },
	{ value: "low", label: "With a score below 50" },
	{ value: "failed", label: "That failed" },
];
const isGoing = ({ state, open }: Experiment): boolean => state === "running" || (open > 0 && state !== "paused");

/** An experiment: what its variants come to, whether that could be chance, and each answer beside the others. */
export function ExperimentView({ experimentId }: { experimentId: string }) {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const query = useQuery({
		...api.evaluations.getExperiment.queryOptions({ experimentId }),
		refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? 1_000 : false),
	});
	const experiment = query.data;
	const asked = cellsFrom(experimentId, url.get);
	const list = usePages({
		key: api.evaluations.listResults.infiniteQueryKey(asked),
		read: (cursor) => client.evaluations.listResults.query({ ...asked, cursor }),
		everyMs: experiment && isGoing(experiment) ? 1_500 : 15_000,
	});
	if (query.error && !experiment)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/evaluations/experiments", label: "Experiments" }}
				title={experiment?.name ?? "Experiment"}
				count={experiment ? counted(experiment.total, "answer") : undefined}
				actions={experiment ? <ExperimentActions experiment={experiment} /> : undefined}
			>
				{experiment
					? `${experiment.datasetName}, version ${experiment.datasetVersion}; started by ${experiment.startedByName}`
					: null}
			</PageHeader>
			{experiment ? (
				<>
					<Progress experiment={experiment} />
					<VariantTable experiment={experiment} />
					{experiment.variants.length > 1 ? <CompareVariants experiment={experiment} /> : null}
					<People experiment={experiment} />
				</>
			) : null}
			<FilterBar>
				<FilterSelect
					label="Show"
					value={url.get("show") ?? ""}
					options={shows}
					onChange={(show) => url.set({ show: show || null })}
				/>
			</FilterBar>
			{list.error ? <ErrorView failure={toFailure(list.error)} retry={list.retry} /> : null}
			{list.rows.length === 0 && !list.isLoading && !list.error ? (
				<Empty icon={IconFlask2} title="No item like that">
					Choose “All items” to see the others.
				</Empty>
			) : null}
			<ol className={styles.items} aria-label="Answers, item by item">
				{list.rows.map((row) => (
					<ResultItem key={row.id} row={row} variants={experiment?.variants ?? []} />
				))}
			</ol>
			{list.hasMore ? (
				<div>
					<Button isBusy={list.isLoadingMore} onClick={list.loadMore}>
						Show more
					</Button>
				</div>
			) : null}
		</ReadPage>
	);
}

function Progress({ experiment }: { experiment: ExperimentInFull }) {
	const { state, total, done, failed, open, reason } = experiment;
	const parts = [`${figure(done)} of ${figure(total)} measured`, failed > 0 ? `${figure(failed)} failed` : ""].filter(
		Boolean,
	);
	return (
		<div className={styles.progress}>
			<ExperimentState state={state} />
			{open > 0 ? (
				<Bar share={total === 0 ? 1 : (total - open) / total} label={parts.join(", ")} />
			) : (
				<span>{parts.join(", ")}</span>
			)}
			{reason ? <p role="status">{reason}</p> : null}
		</div>
	);
}

const shownKappa = (kappa: number | null): string =>
	kappa === null ? "too few in common to tell" : `κ ${kappa.toFixed(2)}`;

/** What people say of the answers, and how far they and judges agree. */
function People({ experiment }: { experiment: ExperimentInFull }) {
	const { people, rated, mean, kappa, judges } = experiment.agreement;
	if (people === 0)
		return experiment.isRevealed ? null : (
			<p className={styles.note}>
				What people say of an answer is shown here once you have rated it yourself, or rating has ended.
			</p>
		);
	return (
		<section className={styles.compare} aria-label="What people say">
			<h2>What people say</h2>
			<p>
				{counted(people, "person", "people")} rated {counted(rated, "answer")}: {mean?.toFixed(1) ?? "–"} of 5 on
				average. Agreement between people (good against not good): {shownKappa(kappa)}.
			</p>
			{judges.map((judge) => (
				<p key={judge.scorer}>
					Judge {judge.scorer} with people: {shownKappa(judge.kappa)}, over {counted(judge.count, "verdict")}.
				</p>
			))}
		</section>
	);
}
