import { useMemo } from "react";
import { compareLines, type Line } from "./compare";
import styles from "./prompts.module.css";

const signs = { same: " ", gone: "−", new: "+" } as const satisfies Record<Line["kind"], string>;
const words = { same: "", gone: "gone: ", new: "new: " } as const satisfies Record<Line["kind"], string>;

/** What changed between two texts; the signs tell it as well as the colours. */
export function Changes({ from, to, label }: { from: string; to: string; label: string }) {
	const lines = useMemo(() => compareLines(from, to), [from, to]);
	return (
		<section className={styles.changes} aria-label={label}>
			<h2>{label}</h2>
			<ol>
				{lines.map((line, index) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
					<li key={index} data-kind={line.kind}>
						<span aria-hidden="true">{signs[line.kind]}</span>
						<span>
							<span className={styles.spoken}>{words[line.kind]}</span>
							{line.text || " "}
						</span>
					</li>
				))}
			</ol>
		</section>
	);
}
