import { IconShieldHalf } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { RunVerdict } from "@/server/safety/contract";
import { foundInWords } from "@/server/safety/contract/kinds";
import styles from "./turn.module.css";

const where = {
	input: "the question",
	retrieved: "a passage",
	arguments: "a tool's arguments",
	results: "a tool's results",
	output: "the answer",
} as const satisfies Record<RunVerdict["place"], string>;

/** What a safety policy found on the way to an answer, in plain words. */
export function SafetyNotes({ verdicts }: { verdicts: readonly RunVerdict[] }) {
	return (
		<ul className={styles.reasons} aria-label="Safety">
			{verdicts.map((verdict) => (
				<li key={`${verdict.policy} ${verdict.place} ${verdict.action}`}>
					<Badge tone="amber" icon={IconShieldHalf} isPlain>
						{inWords(verdict)}
					</Badge>
				</li>
			))}
		</ul>
	);
}

function inWords({ policy, place, action, found, hasFailed }: RunVerdict): string {
	const by = `by the policy “${policy}”`;
	if (hasFailed) return `Of ${where[place]}, something could not be checked ${by}.`;
	const what = foundInWords(found);
	switch (action) {
		case "blocked":
			return `Held back from ${where[place]} ${by}: ${what}.`;
		case "redacted":
			return `Covered in ${where[place]} ${by}: ${what}.`;
		case "warned":
		case "shadowed":
			return `Found in ${where[place]} ${by}: ${what}.`;
	}
}
