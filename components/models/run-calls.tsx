"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ErrorView } from "@/components/ui/error-view";
import { duration, figure } from "@/components/ui/figures";
import { awayBecause } from "@/server/models/contract/reasons";
import styles from "./models.module.css";
import { costOf, money } from "./money";

/** Every call of a model that a run made: who answered, what it took and cost, and why another did not. */
export function RunCalls({ runId }: { runId: string }) {
	const api = useApi();
	const query = useQuery(api.models.callsOfRun.queryOptions({ runId }));
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return null;
	const { calls, costs, isEstimated } = query.data;
	const [first, ...others] = costs;
	if (calls.length === 0)
		return <p className={styles.hint}>None: what was answered took no model, or it was asked elsewhere.</p>;
	return (
		<>
			<ol className={styles.steps}>
				{calls.map((call) => (
					<li key={call.id} className={styles.step}>
						<div className={styles.stepHead}>
							<code>{call.model}</code>
							<span className={styles.hint}>
								of {call.connection}
								{call.route && call.route !== call.model ? `, by ${call.route}` : ""}
							</span>
							{call.outcome === "answered" ? null : (
								<Badge tone={call.outcome === "failed" ? "red" : "neutral"}>
									{call.outcome === "failed" ? `No answer: ${awayBecause(call)}` : "Cancelled"}
								</Badge>
							)}
						</div>
						<p className={styles.hint}>
							{figure(call.inputTokens)} in, {figure(call.outputTokens)} out
							{call.cachedTokens > 0 ? `, ${figure(call.cachedTokens)} kept` : ""}
							{call.isEstimated ? " (estimated)" : ""}
							{call.costMicros === null ? "" : ` · ${money(call.costMicros, call.currency)}`}
							{` · ${duration(call.ms)}`}
							{call.firstTokenMs === null ? "" : `, first word after ${duration(call.firstTokenMs)}`}
						</p>
					</li>
				))}
			</ol>
			{first ? <p className={styles.hint}>In all {costOf({ ...first, isEstimated, others })}</p> : null}
		</>
	);
}
