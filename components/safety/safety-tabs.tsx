"use client";

import { usePathname } from "next/navigation";
import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ href: "/safety", label: "Policies" },
	{ href: "/safety/findings", label: "Findings" },
];

export function SafetyTabs() {
	return <Tabs label="Safety" tabs={tabs} at={usePathname()} />;
}
