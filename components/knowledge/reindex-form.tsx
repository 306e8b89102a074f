"use client";

import { Modal, NativeSelect, NumberInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { Theme } from "@/components/ui/theme";
import { When } from "@/components/ui/time";
import { chunkSizes, type Indexing, mostOverlap, type Reindex } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";

/** How a collection's index is made, and the way to make it anew. */
export default function ReindexForm({ collectionId, onClose }: { collectionId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery(api.knowledge.getIndexing.queryOptions({ collectionId }));
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Re-index this collection" size="lg">
				{query.data ? (
					<div className={styles.stack}>
						<Settings collectionId={collectionId} indexing={query.data} onClose={onClose} />
						<History history={query.data.history} />
					</div>
				) : query.error ? (
					<ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />
				) : null}
			</Modal>
		</Theme>
	);
}

function Settings(props: { collectionId: string; indexing: Indexing; onClose: () => void }) {
	const { live, models, building } = props.indexing;
	const api = useApi();
	const cache = useQueryClient();
	const isSetUp = models.some(({ model }) => model === live.model);
	const form = useForm({
		initialValues: {
			model: isSetUp ? live.model : (models[0]?.model ?? ""),
			chunkSize: live.chunkSize,
			chunkOverlap: live.chunkOverlap,
		},
	});
	const chosen = models.find(({ model }) => model === form.values.model);
	const start = useMutation(
		api.knowledge.reindexCollection.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.knowledge.getIndexing.pathFilter());
				props.onClose();
			},
		}),
	);
	const mostSize = chosen?.mostCharacters ?? chunkSizes.most;
	return (
		<form
			onSubmit={form.onSubmit((values) => start.mutate({ collectionId: props.collectionId, ...values }))}
			className={styles.stack}
			noValidate
		>
			<NativeSelect
				label="Embedding model"
				description={
					chosen?.isLocal
						? "Built in: texts stay on this machine. It knows English."
						: "Texts of this collection, and questions to it, are sent to the endpoint of this model."
				}
				data={models.map(({ model, dimension }) => ({ value: model, label: `${model} · ${dimension} dimensions` }))}
				{...form.getInputProps("model")}
			/>
			<NumberInput
				label="Characters of a passage, at most"
				description={`${figure(chunkSizes.least)} to ${figure(mostSize)}: short ones are found more exactly, long ones tell more.`}
				min={chunkSizes.least}
				max={mostSize}
				step={100}
				allowDecimal={false}
				{...form.getInputProps("chunkSize")}
			/>
			<NumberInput
				label="Characters repeated of the passage before"
				description="At most a quarter. 0 is usual: neighbours are read along where they are needed."
				min={0}
				max={Math.floor(Number(form.values.chunkSize) * mostOverlap)}
				step={50}
				allowDecimal={false}
				{...form.getInputProps("chunkOverlap")}
			/>
			<Consequence {...props.indexing} />
			{start.error ? <ErrorView failure={toFailure(start.error)} /> : null}
			<div className={styles.formFoot}>
				<Button onClick={props.onClose}>Close</Button>
				<Button type="submit" look="primary" disabled={building !== null} isBusy={start.isPending}>
					Re-index
				</Button>
			</div>
		</form>
	);
}

function Consequence({ live, documents, passages, building }: Indexing) {
	if (building)
		return <p className={styles.cut}>A new index is being made already: cancel it first, or wait for it.</p>;
	return (
		<p className={styles.cut}>
			Today: {counted(documents, "document")} in {counted(passages, "passage")} of up to {figure(live.chunkSize)}{" "}
			characters, embedded by {live.model}. All of them are cut and embedded anew beside that, which takes about as long
			as reading them did. Until it is done, searches and answers use what is there; then they switch at once. Citations
			go on opening where they stood.
		</p>
	);
}

const states: Record<Reindex["state"], [word: string, tone: Tone]> = {
	building: ["Being made", "accent"],
	live: ["Searched now", "accent"],
	replaced: ["Replaced", "neutral"],
	cancelled: ["Cancelled", "neutral"],
	failed: ["Failed", "red"],
};

function History({ history }: { history: Reindex[] }) {
	if (history.length === 0) return <p className={styles.cut}>It was never re-indexed.</p>;
	return (
		<section aria-label="Earlier">
			<h3 className={styles.cut}>Earlier</h3>
			<ul className={styles.uploads}>
				{history.map(({ no, state, model, chunkSize, chunkOverlap, reason, startedAt, startedByName }) => (
					<li key={no} className={styles.past}>
						<Badge tone={states[state][1]}>{states[state][0]}</Badge>
						<span>
							{figure(chunkSize)} characters{chunkOverlap > 0 ? `, ${figure(chunkOverlap)} repeated` : ""}, {model}
						</span>
						<span className={styles.cut}>
							<When at={startedAt} /> by {startedByName}
						</span>
						{reason ? <span className={styles.uploadWhy}>{reason}</span> : null}
					</li>
				))}
			</ul>
		</section>
	);
}
