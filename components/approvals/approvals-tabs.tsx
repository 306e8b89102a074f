"use client";

import { usePathname } from "next/navigation";
import { useMay } from "@/components/shell/me";
import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ href: "/approvals", label: "Calls" },
	{ href: "/approvals/rules", label: "Who approves" },
];

/** What waits, and the rules by which it does; rules are for those who decide. */
export function ApprovalsTabs() {
	const path = usePathname();
	if (!useMay("approvals:decide")) return null;
	return <Tabs label="Approvals" tabs={tabs} at={path} />;
}
