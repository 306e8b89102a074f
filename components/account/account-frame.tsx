"use client";

import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useMe } from "@/components/shell/me";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Tabs } from "@/components/ui/tabs";
import { tabs } from "./tabs";

/** What stands around each page of one's own account: its name, and the way to the others. */
export function AccountFrame({ children }: { children: ReactNode }) {
	const path = usePathname();
	const me = useMe();
	return (
		<ReadPage>
			<PageHeader title="Your account">{me.email}</PageHeader>
			<Tabs label="Account" tabs={tabs.filter(({ permission }) => me.permissions.includes(permission))} at={path} />
			{children}
		</ReadPage>
	);
}
