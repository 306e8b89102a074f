import { IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "./link";
import styles from "./page.module.css";

/** The head of each page: where one is, what it is for, what one can do here. */
export function PageHeader(props: {
	title: ReactNode;
	/** How many there are, with their unit. */
	count?: string;
	/** The page above this one. */
	up?: { href: string; label: string };
	children?: ReactNode;
	actions?: ReactNode;
}) {
	return (
		<header className={styles.header}>
			<div className={styles.heading}>
				{props.up ? (
					<nav aria-label="Breadcrumb" className={styles.up}>
						<Link href={props.up.href}>{props.up.label}</Link>
						<IconChevronRight size={14} stroke={1.5} aria-hidden="true" />
					</nav>
				) : null}
				<div className={styles.titleLine}>
					<h1>{props.title}</h1>
					{props.count ? <span className={styles.count}>{props.count}</span> : null}
				</div>
				{props.children ? <p className={styles.lead}>{props.children}</p> : null}
			</div>
			{props.actions ? <div className={styles.actions}>{props.actions}</div> : null}
		</header>
	);
}
