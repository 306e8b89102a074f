"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { counted, duration, percent } from "@/components/ui/figures";
import { Exactly } from "@/components/ui/time";
import type { Health as Series } from "@/server/models/contract";
import styles from "./models.module.css";
import { Sparkline } from "./sparkline";

const mostShown = 24;

/** How a model fared in the last day: time to the first word, failures, and the figures behind both. */
export function Health({ modelKey, name }: { modelKey: string; name: string }) {
	const api = useApi();
	const query = useQuery({ ...api.models.health.queryOptions({ modelKey }), refetchInterval: 60_000 });
	if (query.error && !query.data)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return null;
	const { points, calls, failures } = query.data;
	if (points.length === 0) return <p className={styles.hint}>Nobody asked it in the last 24 hours.</p>;
	const firsts = points.flatMap(({ firstTokenMs }) => firstTokenMs ?? []);
	const typical = firsts.toSorted((a, b) => a - b)[Math.floor(firsts.length / 2)];
	return (
		<div className={styles.health}>
			<Sparkline points={points} label={`Time to the first word of ${name}, last 24 hours`} />
			<span>
				{counted(calls, "call")} in 24 h{typical === undefined ? "" : `, first word after about ${duration(typical)}`}
				{failures > 0 ? (
					<strong className={styles.bad}>{`, ${percent(failures / Math.max(1, calls))} failed`}</strong>
				) : (
					", none failed"
				)}
			</span>
			<details className={styles.figures}>
				<summary>Figures</summary>
				<HealthTable points={points} name={name} />
			</details>
		</div>
	);
}

function HealthTable({ points, name }: { points: Series["points"]; name: string }) {
	const shown = points.slice(-mostShown).toReversed();
	return (
		<table aria-label={`Calls of ${name} by five minutes`}>
			<thead>
				<tr>
					<th scope="col">From</th>
					<th scope="col">Calls</th>
					<th scope="col">Failed</th>
					<th scope="col">First word</th>
					<th scope="col">Whole</th>
				</tr>
			</thead>
			<tbody>
				{shown.map(({ at, calls, failures, firstTokenMs, ms }) => (
					<tr key={at.toISOString()}>
						<td>
							<Exactly at={at} />
						</td>
						<td>{calls}</td>
						<td>{failures}</td>
						<td>{firstTokenMs === null ? "–" : duration(firstTokenMs)}</td>
						<td>{ms === null ? "–" : duration(ms)}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
