"use client";

import { usePathname } from "next/navigation";
import { useMe } from "@/components/shell/me";
import { Link } from "@/components/ui/link";
import type { Permission } from "@/server/core/permissions";
import styles from "./access.module.css";

const tabs: { href: string; label: string; permission: Permission }[] = [
	{ href: "/users", label: "People", permission: "users:read" },
	{ href: "/users/groups", label: "Groups", permission: "roles:read" },
	{ href: "/users/roles", label: "Roles", permission: "roles:read" },
	{ href: "/users/factors", label: "Second factors", permission: "roles:read" },
	{ href: "/users/access", label: "Access", permission: "access:explain" },
];

/** The sides of who may do what. */
export function AccessTabs() {
	const path = usePathname();
	const { permissions } = useMe();
	const here = tabs.findLast(({ href }) => path === href || path.startsWith(`${href}/`));
	return (
		<nav aria-label="People and roles" className={styles.tabs}>
			{tabs
				.filter(({ permission }) => permissions.includes(permission))
				.map(({ href, label }) => (
					<Link key={href} href={href} className={styles.tab} aria-current={here?.href === href ? "page" : undefined}>
						{label}
					</Link>
				))}
		</nav>
	);
}
