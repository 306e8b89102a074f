"use client";

import { IconEraser } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import styles from "@/components/agents/agents.module.css";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts } from "@/components/ui/side-panel";

/** What an agent gives again, what that saved, and the way to forget it. */
export function KeptAnswers({ agentId }: { agentId: string }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayClear = useMay("answers:clear");
	const query = useQuery(api.answers.figures.queryOptions({ agentId }));
	const clear = useMutation(
		api.answers.clear.mutationOptions({
			onSuccess: async ({ removed }) => {
				await cache.invalidateQueries(api.answers.pathFilter());
				say(`Forgotten: ${counted(removed, "answer")}`);
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Forget the kept answers?",
			text: "Each question is answered anew the next time, and costs what it costs.",
			action: "Forget them",
		});
		if (isWanted) clear.mutate({ agentId });
	};
	const { data, error, refetch } = query;
	return (
		<section className={styles.section} aria-labelledby="kept-answers">
			<h2 id="kept-answers">Answers given again</h2>
			{error ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null}
			{data ? (
				<Facts>
					<Fact name="Kept now">{counted(data.kept, "answer")}</Fact>
					<Fact name="Given again in 30 days">
						{data.hits === 0
							? "Never yet: the same question has to come again"
							: `${counted(data.hits, "time")}, ${figure(data.similarHits)} of them in other words`}
					</Fact>
					<Fact name="Saved by that">{counted(data.savedTokens, "token")}</Fact>
				</Facts>
			) : null}
			{mayClear && data && data.kept > 0 ? (
				<div className={styles.actions}>
					<Button icon={IconEraser} isBusy={clear.isPending} onClick={() => void ask()}>
						Forget them
					</Button>
				</div>
			) : null}
		</section>
	);
}
