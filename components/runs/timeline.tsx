import type { RunStory } from "@/components/chat/fold-run";
import { counted, duration } from "@/components/ui/figures";
import styles from "./runs.module.css";

/** The steps of a run with their share of its time. */
export function Timeline({ story, isGoing }: { story: RunStory; isGoing: boolean }) {
	const longest = Math.max(1, ...story.steps.map((step) => step.ms ?? 0));
	if (story.steps.length === 0) return <p className={styles.none}>{isGoing ? "None yet." : "Reading…"}</p>;
	return (
		<>
			<ol className={styles.timeline}>
				{story.steps.map((step, index) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: steps only ever grow at their end
					<li key={index}>
						<span className={styles.step}>{step.name}</span>
						<span className={styles.span} aria-hidden="true">
							<span
								style={{ width: `${((step.ms ?? longest) / longest) * 100}%` }}
								data-going={step.ms === null || undefined}
							/>
						</span>
						<span className={styles.ms}>{step.ms === null ? "under way" : duration(step.ms)}</span>
						{step.note ? <span className={styles.note}>{step.note}</span> : null}
					</li>
				))}
			</ol>
			{story.notes.map((note) => (
				<p key={note} className={styles.none}>
					{note}
				</p>
			))}
			<p className={styles.none}>
				{counted(story.seq, "event")}
				{story.attempt > 1 ? `, ${counted(story.attempt, "attempt")}` : ""}
			</p>
		</>
	);
}
