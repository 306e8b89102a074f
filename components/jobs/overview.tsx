"use client";

import { IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { counted, duration, figure } from "@/components/ui/figures";
import { When } from "@/components/ui/time";
import type { JobsOverview } from "@/server/jobs/contract";
import styles from "./jobs.module.css";

const noInput = {};
const refreshMs = 3_000;

/** How the engine is doing, in a few figures; those that name a state filter the table. */
export function Overview({ onState }: { onState: (state: string) => void }) {
	const api = useApi();
	const query = useQuery({ ...api.jobs.overview.queryOptions(noInput), refetchInterval: refreshMs });
	if (query.error && !query.data)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return <div className={styles.cards} />;
	const overview = query.data;
	const alive = overview.workers.filter((worker) => worker.isAlive).length;
	return (
		<>
			<ul className={styles.cards} aria-label="Overview">
				<Card name="Workers alive" value={figure(alive)} tone={alive === 0 ? "red" : undefined}>
					{overview.engine === "embedded" ? "embedded engine" : "Inngest server"}
				</Card>
				<Card name="Ready" value={figure(overview.ready)} onClick={() => onState("queued")}>
					{overview.oldestReadySeconds === null
						? "none waits"
						: `oldest waits ${duration(overview.oldestReadySeconds * 1000)}`}
				</Card>
				<Card name="Running" value={figure(overview.running)} onClick={() => onState("running")}>
					{overview.blocked > 0 ? `${figure(overview.blocked)} wait for room` : "none waits for room"}
				</Card>
				<Card
					name="Parked"
					value={figure(overview.parked)}
					tone={overview.parked > 0 ? "amber" : undefined}
					onClick={() => onState("parked")}
				>
					asleep or waiting for an event
				</Card>
				<Card
					name="Failed"
					value={figure(overview.failed)}
					tone={overview.failed > 0 ? "red" : undefined}
					onClick={() => onState("failed")}
				>
					{overview.failed > 0 ? "look at them" : "none"}
				</Card>
			</ul>
			<Engine overview={overview} />
		</>
	);
}

function Card(props: {
	name: string;
	value: string;
	tone?: "amber" | "red" | undefined;
	onClick?: () => void;
	children: ReactNode;
}) {
	const content = (
		<>
			<span className={styles.cardName}>{props.name}</span>
			<strong data-tone={props.tone}>{props.value}</strong>
			<span className={styles.cardText}>{props.children}</span>
		</>
	);
	return (
		<li>
			{props.onClick ? (
				<button type="button" className={styles.card} onClick={props.onClick}>
					{content}
				</button>
			) : (
				<div className={styles.card}>{content}</div>
			)}
		</li>
	);
}

/** The processes that do the work, and what runs by the clock. */
function Engine({ overview: { workers, crons } }: { overview: JobsOverview }) {
	return (
		<details className={styles.engine}>
			<summary>
				<IconChevronRight size={14} stroke={1.5} aria-hidden="true" />
				{counted(workers.length, "worker")}, {counted(crons.length, "schedule")}
			</summary>
			<div className={styles.engineBody}>
				<table aria-label="Workers">
					<thead>
						<tr>
							<th scope="col">Worker</th>
							<th scope="col">State</th>
							<th scope="col">Memory</th>
							<th scope="col">Last beat</th>
							<th scope="col">Since</th>
						</tr>
					</thead>
					<tbody>
						{workers.map((worker) => (
							<tr key={worker.id}>
								<th scope="row">process {worker.pid}</th>
								<td>{worker.isAlive ? "alive" : "gone"}</td>
								<td>{figure(worker.rssMb)} MB</td>
								<td>
									<When at={worker.beatAt} />
								</td>
								<td>
									<When at={worker.startedAt} />
								</td>
							</tr>
						))}
					</tbody>
				</table>
				{crons.length > 0 ? (
					<table aria-label="Schedules">
						<thead>
							<tr>
								<th scope="col">Schedule</th>
								<th scope="col">Rule</th>
								<th scope="col">Last</th>
								<th scope="col">Next</th>
							</tr>
						</thead>
						<tbody>
							{crons.map((cron) => (
								<tr key={cron.functionId}>
									<th scope="row">{cron.functionId}</th>
									<td>
										<code>{cron.cron}</code>
									</td>
									<td>{cron.lastAt ? <When at={cron.lastAt} /> : "not yet"}</td>
									<td>
										<When at={cron.nextAt} />
									</td>
								</tr>
							))}
						</tbody>
					</table>
				) : null}
			</div>
		</details>
	);
}
