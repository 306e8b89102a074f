"use client";

import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { AgentPage } from "@/components/agents/agent-page";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import type { OnlineScoring } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { points } from "./states";

const ScoringForm = dynamic(() => import("./scoring-form"), { ssr: false });

/** How many of an agent's real runs are scored, by what, and what came of it. */
export function ScoringPage({ agentId }: { agentId: string }) {
	return (
		<AgentPage agentId={agentId} at="/scoring">
			{() => <Scoring agentId={agentId} />}
		</AgentPage>
	);
}

function Scoring({ agentId }: { agentId: string }) {
	const api = useApi();
	const { data, error, refetch } = useQuery(api.evaluations.getScoring.queryOptions({ agentId }));
	if (!data) return error ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null;
	return (
		<div className={styles.rate}>
			<p className={styles.note}>
				A sample of what people really asked is measured by rules, within a minute after its end and never on its way.
				Whose runs they were is not shown. Splits of prompts can be taken back by these scores.
			</p>
			<ScoringForm key={data.revision} scoring={data} />
			<Days days={data.days} />
		</div>
	);
}

function Days({ days }: Pick<OnlineScoring, "days">) {
	if (days.length === 0) return <p className={styles.note}>Nothing was scored in the last 30 days.</p>;
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className={styles.scroll} tabIndex={0} aria-label="What came of it">
			<table className={styles.table}>
				<caption>The last 30 days, in points of 100</caption>
				<thead>
					<tr>
						<th scope="col">Day (UTC)</th>
						<th scope="col">Scorer</th>
						<th scope="col">Mean</th>
						<th scope="col">Runs</th>
					</tr>
				</thead>
				<tbody>
					{days.map(({ day, scorer, mean, count }) => (
						<tr key={`${day} ${scorer}`}>
							<th scope="row">{day}</th>
							<td>{scorer}</td>
							<td>{points(mean)}</td>
							<td>{figure(count)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
