"use client";

import { usePathname } from "next/navigation";
import { useMe } from "@/components/shell/me";
import { bringIntoSight } from "@/components/ui/in-sight";
import { Link } from "@/components/ui/link";
import type { Permission } from "@/server/core/permissions";
import styles from "./access.module.css";

const tabs: { href: string; label: string; permission: Permission }[] = [
	{ href: "/users", label: "People", permission: "users:read" },
	{ href: "/users/groups", label: "Groups", permission: "roles:read" },
	{ href: "/users/roles", label: "Roles", permission: "roles:read" },
	{ href: "/users/access", label: "Access", permission: "access:explain" },
	{ href: "/users/factors", label: "Second factors", permission: "roles:read" },
];

/** The sides of who may do what, and of what proves it. */
export function AccessTabs() {
	const path = usePathname();
	const { permissions } = useMe();
	const here = tabs.findLast(({ href }) => path === href || path.startsWith(`${href}/`));
	return (
		<nav aria-label="People and roles" className={styles.tabs}>
			{tabs
				.filter(({ permission }) => permissions.includes(permission))
				.map(({ href, label }) => (
					<Link
						key={href}
						href={href}
						className={styles.tab}
						ref={here?.href === href ? bringIntoSight : undefined}
						aria-current={here?.href === href ? "page" : undefined}
					>
						{label}
					</Link>
				))}
		</nav>
	);
}
