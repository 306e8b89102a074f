import { Fragment } from "react";
import { compareLines, type Line } from "./compare";
import styles from "./difference.module.css";

/** A part of what is compared: a text, line by line, or a set of words of which only those that differ are given. */
export type DifferingPart =
	| { name: string; from: string; to: string }
	| { name: string; before: readonly string[]; after: readonly string[] };

type Side = { kind: Line["kind"] | "none"; text: string };
type Pair = { before: Side; after: Side };

const none: Side = { kind: "none", text: "" };
const signs = { same: "", gone: "−", new: "+", none: "" } as const satisfies Record<Side["kind"], string>;
const words = { same: "", gone: "gone: ", new: "new: ", none: "" } as const satisfies Record<Side["kind"], string>;

/** Two versions side by side, below each other where there is no room; the signs tell what changed as well as the colours. */
export function Difference({
	label,
	from,
	to,
	parts,
}: {
	label: string;
	/** What each side is called. */
	from: string;
	to: string;
	parts: readonly DifferingPart[];
}) {
	return (
		<div className={styles.frame}>
			<table className={styles.difference} aria-label={label}>
				<thead>
					<tr>
						<th scope="col">{from}</th>
						<th scope="col">{to}</th>
					</tr>
				</thead>
				<tbody>
					{parts.map((part) => (
						<Fragment key={part.name}>
							<tr>
								<th colSpan={2} scope="rowgroup">
									{part.name}
								</th>
							</tr>
							{pairsOf(part).map((pair, at) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
								<tr key={at} data-same={pair.before.kind === "same" || undefined}>
									<Cell side={pair.before} />
									<Cell side={pair.after} />
								</tr>
							))}
						</Fragment>
					))}
				</tbody>
			</table>
		</div>
	);
}

function Cell({ side: { kind, text } }: { side: Side }) {
	return (
		<td data-kind={kind}>
			<span className={styles.sign} aria-hidden="true">
				{signs[kind]}
			</span>
			<span className={styles.spoken}>{words[kind]}</span>
			{text}
		</td>
	);
}

function pairsOf(part: DifferingPart): Pair[] {
	if (!("from" in part)) return zipped(part.before, part.after);
	const pairs: Pair[] = [];
	let gone: string[] = [];
	let come: string[] = [];
	const flush = () => {
		pairs.push(...zipped(gone, come));
		gone = [];
		come = [];
	};
	for (const { kind, text } of compareLines(part.from, part.to)) {
		if (kind === "gone") gone.push(text);
		else if (kind === "new") come.push(text);
		else {
			flush();
			pairs.push({ before: { kind, text }, after: { kind, text } });
		}
	}
	flush();
	return pairs;
}

const zipped = (gone: readonly string[], come: readonly string[]): Pair[] =>
	Array.from({ length: Math.max(gone.length, come.length) }, (_, at) => ({
		before: sideOf("gone", gone[at]),
		after: sideOf("new", come[at]),
	}));
const sideOf = (kind: "gone" | "new", text: string | undefined): Side => (text === undefined ? none : { kind, text });
