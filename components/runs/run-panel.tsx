"use client";

import { IconFlask, IconPlayerStop } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { Answer } from "@/components/chat/answer";
import { AskedFor } from "@/components/chat/asked";
import { CheckpointsLink } from "@/components/chat/branches";
import { useRunFeed } from "@/components/chat/run-feed";
import { Verdict } from "@/components/chat/verdict";
import { costOf } from "@/components/models/money";
import { RunCalls } from "@/components/models/run-calls";
import Research from "@/components/research/research";
import { useMay } from "@/components/shell/me";
import { TraceLink } from "@/components/traces/trace-link";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { duration, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Run } from "@/server/runs/contract";
import { capWords, RunState } from "./run-state";
import styles from "./runs.module.css";
import { Timeline } from "./timeline";
import { isOpen, tookMs } from "./took";

/** One run: what was asked and answered, step by step, and its figures. */
export function RunPanel({ runId, onClose }: { runId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery({
		...api.runs.get.queryOptions({ runId }),
		refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? 3_000 : false),
	});
	const feed = useRunFeed(runId);
	const run = query.data;
	return (
		<SidePanel
			title={run?.question ?? "Run"}
			label="Run"
			onClose={onClose}
			actions={
				run ? (
					<>
						<TraceLink runId={run.id} />
						{run.graph === "extract" ? null : <CheckpointsLink runId={run.id} />}
						{run.graph === "extract" ? null : <TryLink runId={run.id} />}
						<StopButton run={run} />
					</>
				) : null
			}
		>
			{query.error && !run ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{run ? (
				<>
					<RunFacts run={run} />
					<PanelSection title="Question">
						<p className={styles.question}>{run.question}</p>
					</PanelSection>
					{run.graph === "research" ? (
						<PanelSection title="Research">
							<Research run={run} story={feed.story} isLive={isOpen(run)} />
						</PanelSection>
					) : null}
					<PanelSection title="Answer">
						<RunAnswer run={run} text={run.answer ?? feed.story.text} />
					</PanelSection>
					{feed.story.approvals.length > 0 ? (
						<PanelSection title="Approvals">
							{feed.story.approvals.map((asked) => (
								<AskedFor key={asked.approvalId} asked={asked} isLive={isOpen(run)} />
							))}
						</PanelSection>
					) : null}
					{isOpen(run) ? null : (
						<PanelSection title="Models asked">
							<RunCalls runId={run.id} />
						</PanelSection>
					)}
					<PanelSection title="Steps">
						<Timeline story={feed.story} isGoing={isOpen(run)} />
					</PanelSection>
				</>
			) : null}
		</SidePanel>
	);
}

function RunAnswer({ run, text }: { run: Run; text: string }) {
	const citations = useMemo(() => run.result?.citations ?? [], [run.result]);
	if (!text && !run.reason) return <p className={styles.none}>{isOpen(run) ? "Not yet." : "None."}</p>;
	return (
		<div>
			{text ? (
				<Answer
					text={text}
					citations={citations}
					unsupported={run.result?.unsupported ?? []}
					isStreaming={isOpen(run)}
				/>
			) : null}
			{run.reason ? <p className={styles.reason}>{run.reason}</p> : null}
			{isOpen(run) ? null : <Verdict run={run} text={text} result={run.result} />}
		</div>
	);
}

function RunFacts({ run }: { run: Run }) {
	const ms = tookMs(run);
	return (
		<Facts>
			<Fact name="State">
				<RunState state={run.state} />
			</Fact>
			{run.graph === "extract" ? (
				<Fact name="Belongs to">
					<Link href="/extractions">Extractions</Link>
				</Fact>
			) : (
				<Fact name="Chat">
					<Link href={`/chat/${run.threadId}`}>{run.threadTitle}</Link>
				</Fact>
			)}
			<Fact name="Agent">
				{run.agentName}, version {run.agentVersion}
			</Fact>
			<Fact name="Model">{run.result?.model}</Fact>
			<Fact name="Tokens">
				{run.result ? `${figure(run.result.usage.inputTokens)} in, ${figure(run.result.usage.outputTokens)} out` : null}
			</Fact>
			<Fact name="Cost">{run.result?.cost ? costOf(run.result.cost) : null}</Fact>
			<Fact name="Cap met">{run.result?.cap ? capWords[run.result.cap] : null}</Fact>
			<Fact name="Asked">
				<Exactly at={run.createdAt} />
			</Fact>
			<Fact name="Waited">
				{run.startedAt ? duration(Math.max(0, run.startedAt.getTime() - run.createdAt.getTime())) : null}
			</Fact>
			<Fact name="Took">{ms === null ? null : duration(ms)}</Fact>
			<Fact name="Run">
				<CopyId value={run.id} label="run id" length={36} />
			</Fact>
		</Facts>
	);
}

/** The same question, with its prompt and its passages, to be tried with other words. */
function TryLink({ runId }: { runId: string }) {
	if (!useMay("prompts:write")) return null;
	return (
		<ButtonLink size="small" look="quiet" icon={IconFlask} href={`/playground?run=${runId}`}>
			Open in the playground
		</ButtonLink>
	);
}

function StopButton({ run }: { run: Run }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayStop = useMay("runs:write");
	const stop = useMutation(
		api.runs.stop.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.runs.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	if (!mayStop || !isOpen(run)) return null;
	return (
		<Button size="small" icon={IconPlayerStop} isBusy={stop.isPending} onClick={() => stop.mutate({ runId: run.id })}>
			Stop
		</Button>
	);
}
