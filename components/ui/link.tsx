"use client";

import NextLink, { useLinkStatus } from "next/link";
import type { ComponentProps } from "react";
import styles from "./link.module.css";

/** A thin bar at the top once a page takes longer than 200 ms to come. The page before stays until then. */
function Pending() {
	const { pending } = useLinkStatus();
	return pending ? <span className={styles.pending} aria-hidden="true" /> : null;
}

export function Link({ children, ...props }: ComponentProps<typeof NextLink>) {
	return (
		<NextLink {...props}>
			{children}
			<Pending />
		</NextLink>
	);
}
