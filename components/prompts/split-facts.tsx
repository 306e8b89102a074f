import { percent } from "@/components/ui/figures";
import type { Arm, Split } from "@/server/prompts/contract";
import styles from "./prompts.module.css";

const share = ({ up, down }: Arm): string => (up + down === 0 ? "–" : `${percent(down / (up + down))} of ${up + down}`);
const money = ({ costPerRun, currency }: Arm): string =>
	costPerRun === null ? "–" : `${costPerRun.toPrecision(3)}${currency ? ` ${currency}` : ""}`;

/** Both sides of a split, with what has come of them so far. */
export function SplitFacts({ split }: { split: Split }) {
	const { first, second, guard, percent: some } = split;
	const limits = [
		guard.mostNegative === null
			? null
			: `more than ${percent(guard.mostNegative)} of at least ${guard.leastFeedback} voices are bad`,
		guard.mostCost === null
			? null
			: `an answer costs more than ${guard.mostCost} over at least ${guard.leastRuns} runs`,
		guard.leastScore === null
			? null
			: `answers are scored less than ${percent(guard.leastScore)} over at least ${guard.leastScored} of them`,
	].filter((one) => one !== null);
	return (
		<>
			<table className={styles.arms} aria-label="What came of the two versions">
				<thead>
					<tr>
						<th scope="col">Version</th>
						<th scope="col">People</th>
						<th scope="col">Runs</th>
						<th scope="col">Bad feedback</th>
						<th scope="col">Cost of a run</th>
						<th scope="col">Score</th>
					</tr>
				</thead>
				<tbody>
					{[
						{ arm: first, people: 100 - some },
						{ arm: second, people: some },
					].map(({ arm, people }) => (
						<tr key={arm.version}>
							<th scope="row">{arm.version}</th>
							<td>{people} %</td>
							<td>{arm.runs}</td>
							<td>{share(arm)}</td>
							<td>{money(arm)}</td>
							<td>{arm.score === null ? "–" : `${percent(arm.score)} of ${arm.scored}`}</td>
						</tr>
					))}
				</tbody>
			</table>
			<p>
				{limits.length > 0
					? `It is taken back by itself where ${limits.join(", or ")}.`
					: "It is not taken back by itself."}
			</p>
		</>
	);
}
