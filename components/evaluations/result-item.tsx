import { Badge } from "@/components/ui/badge";
import { duration } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import type { Cell, ResultRow, Variant } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { CellState, points } from "./states";

/** One item: what was asked, what is expected, and the answers side by side. */
export function ResultItem({ row, variants }: { row: ResultRow; variants: readonly Variant[] }) {
	return (
		<li className={styles.item}>
			<h3>
				{row.ordinal}. {row.input}
			</h3>
			{row.expected ? <p>Expected: {row.expected}</p> : null}
			{row.tags.length > 0 ? (
				<div className={styles.tags}>
					{row.tags.map((tag) => (
						<Badge key={tag} isPlain>
							{tag}
						</Badge>
					))}
				</div>
			) : null}
			<ul className={styles.cells} aria-label={`Answers to item ${row.ordinal}`}>
				{row.cells.map((cell) => (
					<Answer key={cell.id} cell={cell} place={variants.find(({ id }) => id === cell.variantId)?.ordinal ?? 0} />
				))}
			</ul>
		</li>
	);
}

function Answer({ cell, place }: { cell: Cell; place: number }) {
	return (
		<li className={styles.cell}>
			<header>
				<span>
					Variant {place}
					{cell.score === null ? "" : ": "}
					{cell.score === null ? null : <strong>{points(cell.score)}</strong>}
				</span>
				{cell.state === "done" ? (
					<span>
						{cell.latencyMs === null ? "" : duration(cell.latencyMs)}
						{cell.runId ? (
							<>
								{" "}
								<Link href={`/runs?open=${cell.runId}`}>Run</Link>
							</>
						) : null}
					</span>
				) : (
					<CellState state={cell.state} />
				)}
			</header>
			{cell.reason ? <p>{cell.reason}</p> : null}
			{cell.answer ? <p>{cell.answer}</p> : null}
			{cell.scores.length > 0 ? (
				<ul aria-label={`Scores of variant ${place}`}>
					{cell.scores.map(({ scorer, score, why }) => (
						<li key={scorer}>
							<strong>
								{scorer} {score === null ? "–" : points(score)}
							</strong>{" "}
							{why}
						</li>
					))}
				</ul>
			) : null}
			{cell.ratings.length > 0 ? (
				<ul aria-label={`What people say of variant ${place}`}>
					{cell.ratings.map(({ byName, rating, comment }) => (
						<li key={byName}>
							<strong>
								{byName}: {rating} of 5
							</strong>{" "}
							{comment}
						</li>
					))}
				</ul>
			) : null}
		</li>
	);
}
