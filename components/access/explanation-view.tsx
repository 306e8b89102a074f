import { IconCircleCheck, IconCircleX, IconFingerprint } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { Explanation } from "@/server/access/contract";
import styles from "./access.module.css";

/** The answer, each check that it comes from, and what would have to be given. */
export function ExplanationView({ explanation }: { explanation: Explanation }) {
	const { allowed, checks, missing } = explanation;
	return (
		<div className={styles.card} role="status" aria-label="Answer">
			<div>
				{allowed ? (
					<Badge tone="accent" icon={IconCircleCheck}>
						Allowed
					</Badge>
				) : (
					<Badge tone="red" icon={IconCircleX}>
						Not allowed
					</Badge>
				)}
			</div>
			<ul className={styles.checks}>
				{checks.map((check) => (
					<li key={check.about} data-failed={check.holds ? undefined : true}>
						{check.about === "proof" ? (
							<IconFingerprint size={18} stroke={1.5} aria-label="Asked" />
						) : check.holds ? (
							<IconCircleCheck size={18} stroke={1.5} aria-label="Holds" />
						) : (
							<IconCircleX size={18} stroke={1.5} aria-label="Fails" />
						)}
						<span>
							{check.says}
							{check.through.length > 0 ? <small>by {check.through.join("; ")}</small> : null}
						</span>
					</li>
				))}
			</ul>
			{missing.length > 0 ? (
				<div className={styles.hint}>
					<p>What would help:</p>
					<ul style={{ paddingLeft: 18, margin: 0 }}>
						{missing.map((one) => (
							<li key={one}>{one}</li>
						))}
					</ul>
				</div>
			) : null}
		</div>
	);
}
