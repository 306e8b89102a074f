import { duration } from "@/components/ui/figures";
import { When } from "@/components/ui/time";
import type { JobStep } from "@/server/jobs/contract";
import styles from "./jobs.module.css";

/** Each step with its attempts: how long, and what went wrong. */
export function Steps({ steps }: { steps: JobStep[] }) {
	if (steps.length === 0) return <p className={styles.none}>None yet.</p>;
	return (
		<ol className={styles.steps}>
			{steps.map((step) => (
				<li key={step.id}>
					<p className={styles.step}>
						<strong>{step.op === "Function" ? "The function around its steps" : step.name}</strong>
						<span>{step.state}</span>
					</p>
					<ol>
						{step.attempts.map((attempt) => (
							<li key={`${attempt.attempt} ${attempt.at.toISOString()}`} data-state={attempt.state}>
								<span>
									Attempt {attempt.attempt}: {attempt.state}
								</span>
								<span className={styles.when}>
									{attempt.ms === null ? "" : `${duration(attempt.ms)}, `}
									<When at={attempt.at} />
								</span>
								{attempt.error ? <pre>{attempt.error}</pre> : null}
							</li>
						))}
					</ol>
				</li>
			))}
		</ol>
	);
}
