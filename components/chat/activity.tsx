"use client";

import { IconCheck, IconChevronRight, IconCircleDashed, IconInfoCircle } from "@tabler/icons-react";
import { useState } from "react";
import { duration } from "@/components/ui/figures";
import type { Run } from "@/server/runs/contract";
import styles from "./activity.module.css";
import type { RunStory, Step } from "./fold-run";

/** What the agent did for an answer: one line; its steps with their times below, when asked for. */
export function Activity(props: { run: Run; story: RunStory; isLive: boolean; onFollow: (() => void) | null }) {
	const { run, story, isLive } = props;
	const [isWide, setWide] = useState(false);
	const current = story.steps.findLast((step) => step.ms === null) ?? story.steps.at(-1);
	const { onFollow } = props;
	const toggle = () => {
		setWide(!isWide);
		onFollow?.();
	};
	if (!onFollow)
		return (
			<div className={styles.activity}>
				<span className={styles.line}>
					<span className={styles.agent}>{run.agentName}</span>
					<span className={styles.doing}>{isLive ? "is answering…" : done(run)}</span>
				</span>
			</div>
		);
	return (
		<div className={styles.activity} data-live={isLive || undefined}>
			<button type="button" className={styles.line} aria-expanded={isWide} onClick={toggle}>
				<IconChevronRight size={14} stroke={1.5} aria-hidden="true" className={styles.turned} />
				<span className={styles.agent}>{run.agentName}</span>
				<span className={styles.doing} role={isLive ? "status" : undefined}>
					{isLive ? doing(run, story, current) : done(run)}
				</span>
				{isLive ? <span className={styles.pulse} aria-hidden="true" /> : null}
			</button>
			{isWide ? <Steps steps={story.steps} notes={story.notes} isLive={isLive} /> : null}
		</div>
	);
}

function doing(run: Run, story: RunStory, step: Step | undefined): string {
	if (story.approvals.some(({ decision }) => decision === null)) return "Waits for approval";
	const { plan, researchers } = story.research;
	if (plan && !plan.isAccepted) return "Waits for you: look at its plan";
	if (researchers.some(({ text }) => text === null) && step?.ms !== null) return "Researchers look into the questions…";
	if (step) return step.ms === null ? `${step.name}…` : step.name;
	return run.state === "queued" ? "Waits for a free place…" : "Begins…";
}

function done(run: Run): string {
	const ms = run.startedAt && run.endedAt ? run.endedAt.getTime() - run.startedAt.getTime() : null;
	const took = ms === null ? "" : ` after ${duration(ms)}`;
	switch (run.state) {
		case "queued":
		case "running":
		case "waiting":
		case "succeeded":
			return ms === null ? "answered" : `answered in ${duration(ms)}`;
		case "failed":
			return `failed${took}`;
		case "cancelled":
			return `stopped${took}`;
	}
}

function Steps({ steps, notes, isLive }: { steps: Step[]; notes: string[]; isLive: boolean }) {
	if (steps.length === 0 && notes.length === 0)
		return <p className={styles.none}>{isLive ? "Nothing yet." : "Reading the steps…"}</p>;
	return (
		<ol className={styles.steps}>
			{steps.map((step, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: steps only ever grow at their end
				<li key={index}>
					{step.ms === null && isLive ? (
						<IconCircleDashed size={15} stroke={1.5} aria-label="under way" className={styles.going} />
					) : (
						<IconCheck size={15} stroke={1.5} aria-label="done" />
					)}
					<span className={styles.name}>{step.name}</span>
					<span className={styles.noteText}>{step.note}</span>
					<span className={styles.ms}>{step.ms === null ? "" : duration(step.ms)}</span>
				</li>
			))}
			{notes.map((note) => (
				<li key={note}>
					<IconInfoCircle size={15} stroke={1.5} aria-hidden="true" />
					<span className={styles.noteText}>{note}</span>
				</li>
			))}
		</ol>
	);
}

/** Before the server has taken the question: the same line, so that nothing jumps when it has. */
export function Begins({ agentName }: { agentName: string | null }) {
	return (
		<div className={styles.activity}>
			<span className={styles.line}>
				{agentName ? <span className={styles.agent}>{agentName}</span> : null}
				<span className={styles.doing} role="status">
					Sending…
				</span>
				<span className={styles.pulse} aria-hidden="true" />
			</span>
		</div>
	);
}
