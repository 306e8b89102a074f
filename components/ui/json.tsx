import styles from "./json.module.css";

/** Data as it is, for whoever wants to see all of it. */
export function Json({ value, label }: { value: unknown; label: string }) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className={styles.json} tabIndex={0} aria-label={label}>
			<pre>{JSON.stringify(value, null, 2)}</pre>
		</section>
	);
}
