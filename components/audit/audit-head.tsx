"use client";

import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useMe } from "@/components/shell/me";
import { PageHeader } from "@/components/ui/page-header";
import { Tabs } from "@/components/ui/tabs";
import type { Permission } from "@/server/core/permissions";

const tabs = [
	{ href: "/audit", label: "Entries", permission: "audit:read" },
	{ href: "/audit/exports", label: "Exports", permission: "audit:export" },
	{ href: "/audit/settings", label: "Settings", permission: "audit:manage" },
] as const satisfies { href: string; label: string; permission: Permission }[];

/** What stands above each page of the audit. */
export function AuditHead({ actions }: { actions?: ReactNode }) {
	const path = usePathname();
	const { permissions } = useMe();
	return (
		<>
			<PageHeader title="Audit" actions={actions}>
				Every change and every refusal, written in the same moment as what it tells.
			</PageHeader>
			<Tabs label="Audit" tabs={tabs.filter(({ permission }) => permissions.includes(permission))} at={path} />
		</>
	);
}
