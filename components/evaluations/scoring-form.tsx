"use client";

import { NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { OnlineScoring, Scorer } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { ScorerFields } from "./scorer-fields";

/** Which share of the runs is scored, and by what. */
export default function ScoringForm({ scoring }: { scoring: OnlineScoring }) {
	const { agentId, revision } = scoring;
	const api = useApi();
	const cache = useQueryClient();
	const [percent, setPercent] = useState<string | number>(scoring.percent);
	const [scorers, setScorers] = useState<Scorer[]>(scoring.scorers);
	const set = useMutation(
		api.evaluations.setScoring.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.evaluations.getScoring.pathFilter());
				say("What is scored has changed");
			},
		}),
	);
	return (
		<Theme>
			<form
				className={styles.stack}
				aria-label="What is scored"
				onSubmit={(event) => {
					event.preventDefault();
					set.mutate({ agentId, basedOn: revision, percent: Number(percent) || 0, scorers });
				}}
			>
				<NumberInput
					label="Of 100 runs, score"
					description="0: none."
					min={0}
					max={100}
					allowDecimal={false}
					value={percent}
					onChange={setPercent}
				/>
				<ScorerFields scorers={scorers} onChange={setScorers} isOnline />
				{set.error ? <ErrorView failure={toFailure(set.error)} /> : null}
				<div className={styles.foot}>
					<Button type="submit" look="primary" isBusy={set.isPending}>
						Save
					</Button>
				</div>
			</form>
		</Theme>
	);
}
