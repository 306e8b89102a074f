import { duration } from "@/components/ui/figures";
import { When } from "@/components/ui/time";
import type { JobAttempt, JobStep } from "@/server/jobs/contract";
import styles from "./jobs.module.css";

const attemptWords = {
	completed: "done",
	errored: "went wrong, was tried again",
	failed: "failed",
	lost: "lost with its process",
} as const satisfies Record<JobAttempt["state"], string>;

/** The steps in their order. Where all went well at once that is one line; else every attempt is told. */
export function Steps({ steps }: { steps: JobStep[] }) {
	if (steps.length === 0) return <p className={styles.none}>None yet.</p>;
	return (
		<ol className={styles.steps}>
			{steps.map((step) => (
				<li key={step.id}>
					<p className={styles.step}>
						<strong>{step.op === "Function" ? "The function around its steps" : step.name}</strong>
						<span>
							{step.state}
							{timeOf(step)}
						</span>
					</p>
					{isSmooth(step) ? null : <Attempts attempts={step.attempts} />}
				</li>
			))}
		</ol>
	);
}

const isSmooth = ({ attempts }: JobStep): boolean =>
	attempts.every(({ error, state }) => !error && state === "completed");

function timeOf({ attempts }: JobStep): string {
	const ms = attempts.reduce((sum, attempt) => sum + (attempt.ms ?? 0), 0);
	return ms > 0 ? `, ${duration(ms)}` : "";
}

function Attempts({ attempts }: { attempts: JobAttempt[] }) {
	return (
		<ol>
			{attempts.map((attempt, index) => (
				<li key={`${attempt.attempt} ${attempt.at.toISOString()}`} data-state={attempt.state}>
					<span>
						Attempt {index + 1}: {attemptWords[attempt.state]}
					</span>
					<span className={styles.when}>
						{attempt.ms === null ? "" : `${duration(attempt.ms)}, `}
						<When at={attempt.at} />
					</span>
					{attempt.error ? <pre>{attempt.error}</pre> : null}
				</li>
			))}
		</ol>
	);
}
