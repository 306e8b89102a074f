import type { Health } from "@/server/models/contract";
import styles from "./models.module.css";

const width = 160;
const height = 28;
const dayMs = 24 * 3_600_000;

/** Time to the first word as a line, and failures as marks below it: a shape, whose figures stand in the table beside. */
export function Sparkline({ points, label }: { points: Health["points"]; label: string }) {
	// One moment has no shape.
	if (points.length < 2) return null;
	const last = points.at(-1)?.at.getTime() ?? 0;
	const x = (at: Date) => width - ((last - at.getTime()) / dayMs) * width;
	const heard = points.filter(({ firstTokenMs }) => firstTokenMs !== null);
	const most = Math.max(1, ...heard.map(({ firstTokenMs }) => firstTokenMs ?? 0));
	const y = (ms: number) => 2 + (1 - ms / most) * (height - 10);
	const line = heard.map(({ at, firstTokenMs }) => `${x(at).toFixed(1)},${y(firstTokenMs ?? 0).toFixed(1)}`);
	return (
		<svg className={styles.spark} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
			<title>{label}</title>
			{line.length > 1 ? <polyline points={line.join(" ")} /> : null}
			{line.length === 1 && heard[0] ? <circle cx={x(heard[0].at)} cy={y(heard[0].firstTokenMs ?? 0)} r={2} /> : null}
			{points
				.filter(({ failures }) => failures > 0)
				.map(({ at }) => (
					<rect key={at.toISOString()} x={Math.max(0, x(at) - 1)} y={height - 5} width={2} height={5} />
				))}
		</svg>
	);
}
