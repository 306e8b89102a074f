"use client";

import { IconPlayerStop } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Bar } from "@/components/ui/bar";
import { Button } from "@/components/ui/button";
import { duration, figure } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import type { Indexing } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";

const lookMs = 2_000;

/** How far a new index is, where one is being made; what is searched meanwhile stays as it is. */
export function Reindexing({ collectionId, mayManage }: { collectionId: string; mayManage: boolean }) {
	const api = useApi();
	const cache = useQueryClient();
	const { data } = useQuery(
		api.knowledge.getIndexing.queryOptions(
			{ collectionId },
			{ refetchInterval: ({ state }) => (state.data?.building ? lookMs : false) },
		),
	);
	useEnding(data);
	const cancel = useMutation(
		api.knowledge.cancelReindex.mutationOptions({
			onSuccess: () => say("The new index was given up; what is searched is as it was"),
			onError: (error) => say(toFailure(error).message, "failed"),
			onSettled: () => cache.invalidateQueries(api.knowledge.getIndexing.pathFilter()),
		}),
	);
	const building = data?.building;
	if (!building) return null;
	const ask = async () => {
		const isWanted = await confirm({
			title: "Give the new index up?",
			text: "What was made of it by now is lost. Searches go on as before.",
			action: "Give it up",
		});
		if (isWanted) cancel.mutate({ collectionId });
	};
	return (
		<section className={styles.intake} aria-label="Re-indexing">
			<Bar
				label="Making a new index beside the one that is searched"
				share={building.total === 0 ? 1 : building.done / building.total}
				detail={`${figure(building.done)} of ${figure(building.total)} passages`}
			/>
			<p className={styles.cut}>{building.reason ?? paceOf(building)}</p>
			{mayManage ? (
				<div>
					<Button size="small" icon={IconPlayerStop} isBusy={cancel.isPending} onClick={() => void ask()}>
						Cancel
					</Button>
				</div>
			) : null}
		</section>
	);
}

function paceOf({ perSecond, secondsLeft, model, chunkSize }: NonNullable<Indexing["building"]>): string {
	const into = `Passages of up to ${figure(chunkSize)} characters, embedded by ${model}`;
	if (perSecond === null || secondsLeft === null) return into;
	const rate = perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10;
	return `${into} · ${rate} passages a second, about ${duration(secondsLeft * 1000)} left`;
}

/** Says how it ended to whoever was watching. */
function useEnding(data: Indexing | undefined): void {
	const watched = useRef<number | null>(null);
	const now = data?.building?.no ?? null;
	const ended = data?.history.find(({ no }) => no === watched.current);
	useEffect(() => {
		if (now === null && ended?.state === "live") say("The new index is searched now");
		if (now === null && ended?.state === "failed") say(`Re-indexing failed. ${ended.reason ?? ""}`, "failed");
		watched.current = now;
	}, [now, ended]);
}
