import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./empty.module.css";

/** Nothing here, and what to do about it. */
export function Empty(props: { icon: Icon; title: string; children?: ReactNode; action?: ReactNode }) {
	const Mark = props.icon;
	return (
		<div className={styles.empty}>
			<Mark size={24} stroke={1.4} aria-hidden="true" className={styles.mark} />
			<p className={styles.title}>{props.title}</p>
			{props.children ? <p className={styles.text}>{props.children}</p> : null}
			{props.action ? <div className={styles.action}>{props.action}</div> : null}
		</div>
	);
}
