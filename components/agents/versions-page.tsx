"use client";

import { NativeSelect } from "@mantine/core";
import { IconArrowBackUp, IconFileText, IconStar } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Agent, AgentVersion } from "@/server/agents/contract";
import { AgentPage } from "./agent-page";
import styles from "./agents.module.css";
import { DefinitionFacts } from "./definition-facts";
import { VersionChanges } from "./version-changes";

/** What answered when; any of it can answer again. */
export function VersionsPage({ agentId }: { agentId: string }) {
	return (
		<AgentPage agentId={agentId} at="/versions">
			{(agent) => <Versions agent={agent} />}
		</AgentPage>
	);
}

function Versions({ agent }: { agent: Agent }) {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const { id: agentId } = agent;
	const list = usePages({
		key: api.agents.listVersions.infiniteQueryKey({ agentId }),
		read: (cursor) => client.agents.listVersions.query({ agentId, cursor }),
	});
	const wanted = Number(url.get("version"));
	const open = list.rows.find(({ version }) => version === wanted) ?? list.rows.find(({ isCurrent }) => isCurrent);
	if (list.error) return <ErrorView failure={toFailure(list.error)} retry={list.retry} />;
	if (!list.isLoading && list.rows.length === 0)
		return (
			<Empty icon={IconFileText} title="Nothing was published yet">
				Publish the draft: it becomes version 1, and can be asked.
			</Empty>
		);
	return (
		<div className={styles.room}>
			<section aria-label="Versions" className={styles.versions}>
				<ol>
					{list.rows.map((row) => (
						<li key={row.id}>
							<button
								type="button"
								aria-pressed={row.id === open?.id}
								onClick={() => url.set({ version: String(row.version), with: null })}
							>
								<span className={styles.versionName}>
									Version {row.version}
									{row.isCurrent ? (
										<Badge tone="accent" icon={IconStar}>
											Answers
										</Badge>
									) : null}
								</span>
								<span>
									{row.publishedByName ?? "The installation"}, <When at={row.updatedAt} />
								</span>
								{row.message ? <span>{row.message}</span> : null}
							</button>
						</li>
					))}
				</ol>
				{list.hasMore ? (
					<Button isBusy={list.isLoadingMore} onClick={list.loadMore}>
						Show more
					</Button>
				) : null}
			</section>
			{open ? <Version key={open.id} agent={agent} version={open} all={list.rows} /> : null}
		</div>
	);
}

function Version({ agent, version: row, all }: { agent: Agent; version: AgentVersion; all: AgentVersion[] }) {
	const url = useUrl();
	const number = row.version ?? 0;
	const others = all.flatMap(({ version }) => (version !== null && version !== number ? [version] : []));
	const asked = Number(url.get("with"));
	const from = others.includes(asked) ? asked : (others.find((one) => one < number) ?? others[0]);
	return (
		<section className={styles.section} aria-labelledby="version">
			<h2 id="version">Version {number}</h2>
			<p>
				{row.authorNames.length > 0 ? `Written by ${row.authorNames.join(", ")}. ` : ""}
				{row.reviewedByName ? `Approved by ${row.reviewedByName}. ` : ""}
				It never changes: runs name it.
			</p>
			<DefinitionFacts of={row} />
			<Restore agent={agent} version={row} number={number} />
			{from === undefined ? null : (
				<>
					<Theme>
						<NativeSelect
							label="Compared with"
							value={String(from)}
							onChange={(event) => url.set({ with: event.currentTarget.value })}
							data={others.map((one) => ({ value: String(one), label: `Version ${one}` }))}
						/>
					</Theme>
					<VersionChanges agentId={agent.id} from={from} to={number} />
				</>
			)}
		</section>
	);
}

function Restore({ agent, version, number }: { agent: Agent; version: AgentVersion; number: number }) {
	const api = useApi();
	const cache = useQueryClient();
	const restore = useMutation(
		api.agents.restore.mutationOptions({
			onSuccess: async (_, { as }) => {
				await cache.invalidateQueries(api.agents.pathFilter());
				say(as === "draft" ? `The draft is as version ${number} was` : `Version ${number} answers again`);
			},
		}),
	);
	if (version.isCurrent) return null;
	const over = agent.version === null ? {} : { over: agent.version };
	const go = (as: "draft" | "published") => restore.mutate({ agentId: agent.id, version: number, as, ...over });
	const answerAgain = async () => {
		const isWanted = await confirm({
			title: `Let version ${number} answer again?`,
			text: "It answers from the next question on. Runs that are under way end as they began.",
			action: "Publish it again",
			tone: "plain",
		});
		if (isWanted) go("published");
	};
	const toDraft = async () => {
		const isWanted =
			!agent.hasDraft ||
			(await confirm({
				title: "Write over the draft?",
				text: `What stands in the draft is replaced by what version ${number} is made of.`,
				action: "Write over it",
			}));
		if (isWanted) go("draft");
	};
	return (
		<>
			{restore.error ? <ErrorView failure={toFailure(restore.error)} /> : null}
			<div className={styles.actions}>
				<Button icon={IconArrowBackUp} isBusy={restore.isPending} onClick={() => void answerAgain()}>
					Publish it again
				</Button>
				<Button icon={IconFileText} isBusy={restore.isPending} onClick={() => void toDraft()}>
					Make it the draft
				</Button>
			</div>
		</>
	);
}
