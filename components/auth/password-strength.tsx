import styles from "./auth.module.css";

/** As server/auth/passwords has it for people without a second factor. */
const usual = 15;
/** Characters past which nobody needs to be told to add more. */
const plenty = 22;

function judge(length: number, least: number, isVaried: boolean): string {
	if (length < least) return `${length} of ${least} characters`;
	if (!isVaried) return "Too repetitive";
	return length >= plenty ? "Strong" : "Long enough";
}

/** Length is what counts, so that is what it shows. */
export function PasswordStrength({ password, least = usual }: { password: string; least?: number }) {
	const { length } = [...password];
	const isVaried = new Set(password.toLowerCase()).size >= Math.min(5, length / 2.5);
	const isEnough = length >= least && isVaried;
	return (
		<div className={styles.strength} data-enough={isEnough || undefined}>
			<progress value={Math.min(length, plenty)} max={plenty} aria-label="Password strength" />
			<span aria-live="polite">{judge(length, least, isVaried)}</span>
		</div>
	);
}
