"use client";

import { bringIntoSight } from "./in-sight";
import { Link } from "./link";
import styles from "./tabs.module.css";

type Tab = { href: string; label: string };

/** The pages of one area, side by side. `at` is the address of the one that is open. */
export function Tabs({ label, tabs, at }: { label: string; tabs: readonly Tab[]; at: string | undefined }) {
	return (
		<nav aria-label={label} className={styles.tabs}>
			{tabs.map((tab) => (
				<Link
					key={tab.href}
					href={tab.href}
					className={styles.tab}
					ref={tab.href === at ? bringIntoSight : undefined}
					aria-current={tab.href === at ? "page" : undefined}
				>
					{tab.label}
				</Link>
			))}
		</nav>
	);
}
