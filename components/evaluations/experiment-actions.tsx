"use client";

import {
	IconEye,
	IconPlayerPause,
	IconPlayerPlay,
	IconPlayerStop,
	IconRefresh,
	IconStar,
	IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import type { ExperimentInFull, SteerExperiment } from "@/server/evaluations/contract";

/** What can be done with an experiment: let it rest or go on, try again what failed, rate it, end the rating, remove it. */
export function ExperimentActions({ experiment }: { experiment: ExperimentInFull }) {
	const { id: experimentId, state, total, done, open, isMine, isRevealed } = experiment;
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const mayWrite = useMay("evaluations:write") && isMine;
	const mayRate = useMay("evaluations:annotate") && !isRevealed && done > 0;
	const steer = useMutation(
		api.evaluations.steerExperiment.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.evaluations.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const remove = useMutation(
		api.evaluations.removeExperiment.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.evaluations.listExperiments.pathFilter());
				say("The experiment was removed");
				router.push("/evaluations/experiments");
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const act = (action: SteerExperiment["action"]) => steer.mutate({ experimentId, action });
	const askRemoval = async () => {
		const text = "Its answers, scores and ratings go with it, for good. The dataset stays.";
		if (await confirm({ title: "Remove this experiment?", text, action: "Remove" })) remove.mutate({ experimentId });
	};
	const askReveal = async () => {
		const text = "Nobody rates any more, and all who may read this experiment see what everybody said.";
		if (await confirm({ title: "End the rating?", text, action: "End it", tone: "plain" })) act("reveal");
	};
	const left = total - done - open;
	return (
		<>
			{mayRate ? (
				<ButtonLink href={`/evaluations/rate/${experimentId}`} icon={IconStar}>
					Rate answers
				</ButtonLink>
			) : null}
			{mayWrite ? (
				<>
					{mayRate ? (
						<Button icon={IconEye} isBusy={steer.isPending} onClick={() => void askReveal()}>
							End the rating
						</Button>
					) : null}
					{state === "running" ? (
						<Button icon={IconPlayerPause} isBusy={steer.isPending} onClick={() => act("pause")}>
							Pause
						</Button>
					) : null}
					{state === "paused" ? (
						<Button look="primary" icon={IconPlayerPlay} isBusy={steer.isPending} onClick={() => act("resume")}>
							Resume
						</Button>
					) : null}
					{state === "running" || state === "paused" ? (
						<Button icon={IconPlayerStop} isBusy={steer.isPending} onClick={() => act("cancel")}>
							Give up
						</Button>
					) : null}
					{state !== "paused" && open === 0 && left > 0 ? (
						<Button icon={IconRefresh} isBusy={steer.isPending} onClick={() => act("retry")}>
							Try {counted(left, "answer")} again
						</Button>
					) : null}
					{state === "ended" || state === "cancelled" ? (
						<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void askRemoval()}>
							Remove
						</Button>
					) : null}
				</>
			) : null}
		</>
	);
}
