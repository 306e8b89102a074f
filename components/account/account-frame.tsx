"use client";

import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useMe } from "@/components/shell/me";
import { bringIntoSight } from "@/components/ui/in-sight";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import styles from "./account.module.css";
import { tabs } from "./tabs";

/** What stands around each page of one's own account: its name, and the way to the others. */
export function AccountFrame({ children }: { children: ReactNode }) {
	const path = usePathname();
	const me = useMe();
	return (
		<ReadPage>
			<PageHeader title="Your account">{me.email}</PageHeader>
			<nav aria-label="Account" className={styles.tabs}>
				{tabs
					.filter(({ permission }) => me.permissions.includes(permission))
					.map(({ href, label }) => (
						<Link
							key={href}
							href={href}
							className={styles.tab}
							ref={path === href ? bringIntoSight : undefined}
							aria-current={path === href ? "page" : undefined}
						>
							{label}
						</Link>
					))}
			</nav>
			{children}
		</ReadPage>
	);
}
