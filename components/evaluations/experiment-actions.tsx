"use client";

import { IconAdjustments, IconEye, IconStar } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { SteerWork } from "@/components/ui/work";
import type { ExperimentInFull, SteerExperiment } from "@/server/evaluations/contract";

const CalibrateForm = dynamic(() => import("./calibrate-form"));

/** What can be done with an experiment: let it rest or go on, try again what failed, rate it, end the rating, remove it. */
export function ExperimentActions({ experiment }: { experiment: ExperimentInFull }) {
	const { id: experimentId, state, total, done, open, isMine, isRevealed } = experiment;
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const mayWrite = useMay("evaluations:write") && isMine;
	const [mayEdit, mayEvaluate] = [useMay("agents:write"), useMay("evaluations:write")];
	const mayCalibrate = mayEdit && mayEvaluate && state === "ended";
	const [isCalibrating, setCalibrating] = useState(false);
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
			{mayCalibrate ? (
				<Button icon={IconAdjustments} onClick={() => setCalibrating(true)}>
					Calibrate…
				</Button>
			) : null}
			{isCalibrating ? <CalibrateForm experiment={experiment} onClose={() => setCalibrating(false)} /> : null}
			{mayWrite ? (
				<>
					{mayRate ? (
						<Button icon={IconEye} isBusy={steer.isPending} onClick={() => void askReveal()}>
							End the rating
						</Button>
					) : null}
					<SteerWork
						state={state}
						again={open === 0 && left > 0 ? counted(left, "answer") : null}
						isSteering={steer.isPending}
						isRemoving={remove.isPending}
						onAct={act}
						onRemove={() => void askRemoval()}
					/>
				</>
			) : null}
		</>
	);
}
