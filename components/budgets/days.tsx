import { money } from "@/components/models/money";
import { figure } from "@/components/ui/figures";
import type { UsageDay } from "@/server/budgets/contract";
import styles from "./budgets.module.css";

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const dayOf = ({ day: text }: UsageDay): string => day.format(new Date(`${text}T00:00:00Z`));

/** Thirty days as bars, and as a table for whoever wants the figures. */
export function Days({ days, label }: { days: UsageDay[]; label: string }) {
	const most = Math.max(1, ...days.map(({ tokens }) => tokens));
	const [first, last] = [days[0], days.at(-1)];
	const hasPrice = days.some(({ micros }) => micros > 0);
	return (
		<>
			<div className={styles.chart} role="img" aria-label={`${label}: at most ${figure(most)} tokens a day`}>
				{days.map((one) => (
					<span
						key={one.day}
						data-none={one.tokens === 0 || undefined}
						style={{ height: `${(one.tokens / most) * 100}%` }}
						title={`${dayOf(one)}: ${figure(one.tokens)} tokens`}
					/>
				))}
			</div>
			<p className={styles.axis}>
				<span>{first ? dayOf(first) : ""}</span>
				<span>{last ? `${dayOf(last)}, today` : ""}</span>
			</p>
			<details className={styles.figures}>
				<summary>Figures</summary>
				<table aria-label={label}>
					<thead>
						<tr>
							<th scope="col">Day (UTC)</th>
							<th scope="col">Tokens</th>
							<th scope="col">Runs</th>
							{hasPrice ? <th scope="col">Cost</th> : null}
						</tr>
					</thead>
					<tbody>
						{days.toReversed().map((one) => (
							<tr key={one.day}>
								<th scope="row">{dayOf(one)}</th>
								<td>{figure(one.tokens)}</td>
								<td>{figure(one.runs)}</td>
								{hasPrice ? <td>{money(one.micros, null)}</td> : null}
							</tr>
						))}
					</tbody>
				</table>
			</details>
		</>
	);
}
