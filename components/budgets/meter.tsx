import { percent } from "@/components/ui/figures";
import styles from "./budgets.module.css";

type Share = { used: number; held: number; most: number };

/** Used beside held back, of what there is. */
export function Meter({ label, used, held, most }: Share & { label: string }) {
	const share = (value: number) => (most === 0 ? 1 : Math.min(1, value / most));
	const taken = share(used);
	const kept = Math.min(1 - taken, share(held));
	return (
		<span
			className={styles.meter}
			role="img"
			aria-label={`${label}: ${percent(taken + kept)}`}
			data-full={taken + kept >= 1 || undefined}
		>
			<span className={styles.used} style={{ width: `${taken * 100}%` }} />
			<span className={styles.held} style={{ width: `${kept * 100}%` }} />
		</span>
	);
}
