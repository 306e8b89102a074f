import { duration, figure } from "@/components/ui/figures";
import type { ExperimentInFull, Variant } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { withInterval } from "./states";

/** What a variant is, in words. */
export function variantWords({ agentName, agentVersion, promptName, promptVersion, model }: Variant): string {
	const parts = [
		`${agentName} ${agentVersion}`,
		promptName ? `${promptName} ${promptVersion}` : "",
		model ?? "",
	].filter(Boolean);
	return parts.join(" · ");
}

/** Each variant with its means, 0 to 100, and where they lie with 95 % confidence. */
export function VariantTable({ experiment }: { experiment: ExperimentInFull }) {
	const { scorers, variants } = experiment;
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className={styles.scroll} tabIndex={0} aria-label="Variants">
			<table className={styles.table}>
				<caption>Means of 100 points, with their 95 % confidence intervals; what failed counts as 0.</caption>
				<thead>
					<tr>
						<th scope="col">Variant</th>
						<th scope="col">All scorers</th>
						{scorers.map(({ key }) => (
							<th key={key} scope="col">
								{key}
							</th>
						))}
						<th scope="col">Failed</th>
						<th scope="col">Latency</th>
						<th scope="col">Cost</th>
					</tr>
				</thead>
				<tbody>
					{variants.map((variant) => (
						<tr key={variant.id}>
							<th scope="row">
								{variant.ordinal}. {variantWords(variant)}
								<small>{figure(variant.done + variant.failed)} answers</small>
							</th>
							<td>{variant.score ? withInterval(variant.score) : "–"}</td>
							{scorers.map(({ key }) => {
								const score = variant.scores.find(({ scorer }) => scorer === key);
								return <td key={key}>{score ? withInterval(score) : "–"}</td>;
							})}
							<td>{figure(variant.failed)}</td>
							<td>{variant.latencyMs === null ? "–" : duration(variant.latencyMs)}</td>
							<td>{variant.cost === null ? "–" : variant.cost.toPrecision(2)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
