"use client";

import { usePathname } from "next/navigation";
import { useMe } from "@/components/shell/me";
import { Tabs } from "@/components/ui/tabs";
import type { Permission } from "@/server/core/permissions";

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
		<Tabs
			label="People and roles"
			tabs={tabs.filter(({ permission }) => permissions.includes(permission))}
			at={here?.href}
		/>
	);
}
