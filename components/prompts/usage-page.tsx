"use client";

import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { money } from "@/components/models/money";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted, figure, percent } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { useUrl } from "@/components/ui/use-url";
import type { PromptUsage, VersionUsage } from "@/server/prompts/contract";
import { PromptPage } from "./prompt-page";
import styles from "./prompts.module.css";

const spans = ["7", "30", "90", "365"] as const;

/** Who uses a prompt, and what came of each of its versions. */
export function UsagePage({ promptId }: { promptId: string }) {
	return (
		<PromptPage promptId={promptId} at="/usage">
			{() => <Usage promptId={promptId} />}
		</PromptPage>
	);
}

function Usage({ promptId }: { promptId: string }) {
	const api = useApi();
	const url = useUrl();
	const days = spans.find((one) => one === url.get("days")) ?? "30";
	const { data, error, refetch } = useQuery(api.prompts.usage.queryOptions({ promptId, days: Number(days) }));
	if (!data) return error ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null;
	return (
		<div className={styles.stack}>
			<FilterBar>
				<FilterSelect
					label="Time"
					value={days}
					options={spans.map((one) => ({ value: one, label: `The last ${one} days` }))}
					onChange={(value) => url.set({ days: value === "30" ? null : value })}
				/>
			</FilterBar>
			{data.versions.length === 0 ? (
				<Empty icon={IconChartBar} title="No run had it">
					Give it to an agent, as a version or by a label: what comes of its answers stands here.
				</Empty>
			) : (
				<VersionTable versions={data.versions} />
			)}
			<Users usage={data} />
		</div>
	);
}

const bad = ({ up, down }: VersionUsage): string => (up + down === 0 ? "–" : percent(down / (up + down)));

function VersionTable({ versions }: { versions: VersionUsage[] }) {
	return (
		<div className={styles.wide}>
			<table className={styles.arms} aria-label="What came of each version">
				<thead>
					<tr>
						<th scope="col">Version</th>
						<th scope="col">Runs</th>
						<th scope="col">Failed</th>
						<th scope="col">Tokens</th>
						<th scope="col">Cost</th>
						<th scope="col">Feedback</th>
						<th scope="col">Bad</th>
					</tr>
				</thead>
				<tbody>
					{versions.map((one) => (
						<tr key={one.version}>
							<th scope="row">{one.version}</th>
							<td>{figure(one.runs)}</td>
							<td>{figure(one.failed)}</td>
							<td>{figure(one.inputTokens + one.outputTokens)}</td>
							<td>{one.costs.map(({ micros, currency }) => money(micros, currency)).join(" + ") || "–"}</td>
							<td>{figure(one.up + one.down)}</td>
							<td>{bad(one)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function Users({ usage: { agents, hiddenAgents, prompts } }: { usage: PromptUsage }) {
	return (
		<section className={styles.shown} aria-labelledby="users">
			<h2 id="users">Used by</h2>
			{agents.length + hiddenAgents + prompts.length === 0 ? <p>No agent and no other prompt uses it.</p> : null}
			<ul className={styles.users}>
				{agents.map((agent) => (
					<li key={agent.id}>
						<Link href={`/agents/${agent.id}`}>{agent.name}</Link>
						{agent.label ? `, follows ${agent.label} (version ${agent.version})` : `, version ${agent.version}`}
					</li>
				))}
				{prompts.map((prompt) => (
					<li key={prompt.id}>
						<Link href={`/prompts/${prompt.id}`}>{prompt.name}</Link>, which has it as a part
					</li>
				))}
			</ul>
			{hiddenAgents > 0 ? <p>And {counted(hiddenAgents, "agent")} that you may not see.</p> : null}
		</section>
	);
}
