import type { ReactNode } from "react";
import styles from "./page.module.css";

/** What is read: at most 1,200 px wide, scrolls as a whole. */
export function ReadPage({ children }: { children: ReactNode }) {
	return <div className={styles.read}>{children}</div>;
}

/** What is scanned: full width; its table scrolls by itself. */
export function ScanPage({ children }: { children: ReactNode }) {
	return <div className={styles.scan}>{children}</div>;
}
