import styles from "./auth.module.css";

const enough = 15;

function judge(password: string): string {
	if (password.length === 0) return `0 of ${enough} characters`;
	if (password.length < enough) return `${password.length} of ${enough} characters`;
	if (new Set(password.toLowerCase()).size < 6) return "Too repetitive";
	return password.length >= 22 ? "Strong" : "Long enough";
}

/** Length is what counts, so that is what it shows. */
export function PasswordStrength({ password }: { password: string }) {
	const isEnough = password.length >= enough && new Set(password.toLowerCase()).size >= 6;
	return (
		<div className={styles.strength} data-enough={isEnough || undefined}>
			<progress value={Math.min(password.length, 22)} max={22} aria-label="Password strength" />
			<span aria-live="polite">{judge(password)}</span>
		</div>
	);
}
