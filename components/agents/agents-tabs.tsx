"use client";

import { usePathname } from "next/navigation";
import { useMay } from "@/components/shell/me";
import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ href: "/agents", label: "Agents" },
	{ href: "/agents/feedback", label: "Feedback" },
];

/** The agents, and what people said of their answers, for who manages some. */
export function AgentsTabs() {
	const path = usePathname();
	if (!useMay("feedback:read")) return null;
	return <Tabs label="Agents" tabs={tabs} at={path} />;
}
