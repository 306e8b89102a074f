"use client";

import { usePathname } from "next/navigation";
import { useMay } from "@/components/shell/me";
import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ href: "/traces", label: "Traces" },
	{ href: "/traces/policy", label: "What is kept" },
];

export function TracesTabs() {
	const path = usePathname();
	if (!useMay("traces:manage")) return null;
	return <Tabs label="Traces" tabs={tabs} at={path} />;
}
