"use client";

import { IconAlertTriangle, IconPlayerStop, IconPlugConnectedX } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { isOpen } from "@/components/runs/took";
import { TraceLink } from "@/components/traces/trace-link";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import type { Run } from "@/server/runs/contract";
import type { ThreadRun } from "@/server/threads/contract";
import { Activity } from "./activity";
import { Answer } from "./answer";
import type { Span } from "./answer-props";
import { AskedFor } from "./asked";
import { CheckpointsLink, CompareLink } from "./branches";
import { FeedbackForm, Thumbs, useFeedback } from "./feedback";
import { KeepExample } from "./keep-example";
import { Question } from "./question";
import { useRunFeed } from "./run-feed";
import styles from "./turn.module.css";
import { Verdict } from "./verdict";

/** Only research needs it. */
const Research = dynamic(() => import("@/components/research/research"));

const none: Span[] = [];

/** A question and its answer, whether it is coming in or long done. */
export function Turn(props: {
	run: ThreadRun;
	isOwn: boolean;
	/** The run from whose checkpoint it went on. */
	forkedFrom: string | null;
	onAskAgain?: (() => void) | undefined;
}) {
	const { run, isOwn, onAskAgain } = props;
	const [wasOpen, setFollowed] = useState(isOpen(run));
	// What researchers found stands in the run's events alone.
	const isResearch = run.graph === "research";
	// How it came about is its owner's to see.
	const feed = useRunFeed((wasOpen || isResearch) && isOwn ? run.id : null);
	const feedback = useFeedback(run.id, run.feedback);
	const { story } = feed;
	const isLive = isOpen(run) && story.ending === null;
	const state = isOpen(run) ? (story.ending?.state ?? run.state) : run.state;
	const result = run.result ?? story.ending?.result ?? null;
	const text = isOpen(run) ? story.text : (run.answer ?? story.text);
	// A stopped answer has no checked citations: those that it was given lead to their sources all the same.
	const citations = result && result.citations.length > 0 ? result.citations : story.citations;
	const reason = run.reason ?? story.ending?.reason ?? null;
	return (
		<article
			id={run.id}
			className={styles.turn}
			aria-label={`Question: ${run.question.slice(0, 120)}`}
			data-run={run.id}
		>
			<h2 className={styles.spoken}>{run.question.slice(0, 120)}</h2>
			<Question text={run.question} at={run.createdAt} />
			<div className={styles.reply} aria-busy={isLive}>
				<Activity run={run} story={story} isLive={isLive} onFollow={isOwn ? () => setFollowed(true) : null} />
				{isResearch && isOwn ? <Research run={run} story={story} isLive={isLive} /> : null}
				{story.approvals.map((asked) => (
					<AskedFor key={asked.approvalId} asked={asked} isLive={isLive} />
				))}
				{feed.failure && isLive ? <ErrorView failure={feed.failure} /> : null}
				{text ? (
					<div data-abstained={result?.abstained || undefined} className={styles.text}>
						<Answer
							text={text}
							citations={citations}
							unsupported={result && !result.abstained ? result.unsupported : none}
							isStreaming={isLive}
						/>
					</div>
				) : null}
				{feed.link === "cut" && isLive ? <Cut /> : null}
				<Ended
					state={state}
					run={run}
					reason={reason}
					isIncomplete={result?.incomplete ?? false}
					hasText={text !== ""}
				/>
				{isLive ? null : (
					<Verdict
						run={run}
						text={text}
						result={result}
						onAskAgain={onAskAgain}
						tools={
							<>
								{isOwn ? <TraceLink runId={run.id} /> : null}
								{isOwn ? <CheckpointsLink runId={run.id} /> : null}
								{run.answer === null ? null : <Thumbs state={feedback} />}
								{run.answer === null || state !== "succeeded" ? null : (
									<KeepExample runId={run.id} answer={run.answer} />
								)}
							</>
						}
					>
						<FeedbackForm state={feedback} />
						{props.forkedFrom && isOwn ? <CompareLink runId={run.id} otherRunId={props.forkedFrom} /> : null}
					</Verdict>
				)}
			</div>
		</article>
	);
}

function Cut() {
	return (
		<p className={styles.note} role="status">
			<IconPlugConnectedX size={16} stroke={1.5} aria-hidden="true" />
			Reconnecting… The answer goes on meanwhile; nothing is lost.
		</p>
	);
}

function Ended(props: {
	state: Run["state"];
	run: Run;
	reason: string | null;
	isIncomplete: boolean;
	hasText: boolean;
}) {
	switch (props.state) {
		case "queued":
		case "running":
		case "waiting":
			return null;
		case "succeeded":
			return props.isIncomplete ? (
				<p className={styles.note} data-tone="amber">
					<IconAlertTriangle size={16} stroke={1.5} aria-hidden="true" />
					The answer stops before its end.
				</p>
			) : null;
		case "cancelled":
			return (
				<p className={styles.note}>
					<IconPlayerStop size={16} stroke={1.5} aria-hidden="true" />
					{props.reason ?? "Stopped."} {props.hasText ? "What had been written by then is kept." : ""}
				</p>
			);
		case "failed":
			return (
				<div className={styles.note} data-tone="red" role="alert">
					<IconAlertTriangle size={16} stroke={1.5} aria-hidden="true" />
					<span>
						<strong>{props.run.result?.cap ? "This answer met a cap." : "This answer failed."}</strong>{" "}
						{props.reason ?? "Something went wrong on our side."}{" "}
						<span className={styles.reference}>
							Run <CopyId value={props.run.id} label="run id" />
						</span>
					</span>
				</div>
			);
	}
}
