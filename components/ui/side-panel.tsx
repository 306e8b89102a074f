"use client";

import { IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef } from "react";
import { IconButton } from "./button";
import styles from "./side-panel.module.css";

/** A list and, beside it, what was opened from it. On a narrow screen the panel takes the whole page. */
export function Split({ panel, children }: { panel: ReactNode; children: ReactNode }) {
	return (
		<div className={styles.split} data-open={panel ? true : undefined}>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<section className={styles.list} tabIndex={0} aria-label="List">
				{children}
			</section>
			{panel}
		</div>
	);
}

export function SidePanel(props: {
	title: ReactNode;
	label: string;
	onClose: () => void;
	actions?: ReactNode;
	children: ReactNode;
}) {
	const heading = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		// Where the panel covers the page, focus must not stay beneath it.
		if (window.matchMedia("(max-width: 62em)").matches) heading.current?.focus();
	}, []);
	return (
		<aside className={styles.panel} aria-label={props.label}>
			<header className={styles.head}>
				<h2 ref={heading} tabIndex={-1}>
					{props.title}
				</h2>
				<div className={styles.actions}>
					{props.actions}
					<IconButton icon={IconX} label="Close panel" title="Close (Esc)" onClick={props.onClose} />
				</div>
			</header>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<section className={styles.body} tabIndex={0} aria-label={`${props.label}: details`}>
				{props.children}
			</section>
		</aside>
	);
}

/** Names and values, one below the other. */
export function Facts({ children }: { children: ReactNode }) {
	return <dl className={styles.facts}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
	if (children === null || children === undefined || children === "") return null;
	return (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	);
}

export function PanelSection({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section className={styles.section}>
			<h3>{title}</h3>
			{children}
		</section>
	);
}
