import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./badge.module.css";

/** Accent acts, amber waits for somebody, red is lost or refused. */
export type Tone = "neutral" | "accent" | "amber" | "red";

/** A state: icon, word and colour, so that none has to be told by colour alone. */
export function Badge(props: { tone?: Tone; icon?: Icon; isPlain?: boolean; isMoving?: boolean; children: ReactNode }) {
	const Mark = props.icon;
	return (
		<span className={styles.badge} data-tone={props.tone ?? "neutral"} data-plain={props.isPlain || undefined}>
			{Mark ? (
				<Mark size={14} stroke={1.75} aria-hidden="true" className={props.isMoving ? styles.moving : undefined} />
			) : null}
			{props.children}
		</span>
	);
}
