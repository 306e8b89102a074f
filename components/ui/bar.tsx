import styles from "./bar.module.css";
import { percent } from "./figures";

/** How far something is: what is being done, a bar, and the share in figures. */
export function Bar({ share, label, detail }: { share: number; label: string; detail?: string }) {
	const done = Math.min(1, Math.max(0, share));
	return (
		<span className={styles.bar}>
			<span className={styles.words}>
				<span className={styles.label}>{label}</span>
				<span className={styles.share}>{detail ?? percent(done)}</span>
			</span>
			<span
				className={styles.track}
				role="progressbar"
				aria-label={label}
				aria-valuemin={0}
				aria-valuemax={100}
				aria-valuenow={Math.round(done * 100)}
			>
				<span style={{ transform: `scaleX(${done})` }} />
			</span>
		</span>
	);
}
