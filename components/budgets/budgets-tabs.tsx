"use client";

import { usePathname } from "next/navigation";
import { useMay } from "@/components/shell/me";
import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ href: "/budgets", label: "Your own" },
	{ href: "/budgets/everybody", label: "Everybody" },
	{ href: "/budgets/rules", label: "Budgets" },
];

/** One's own use, and for those who may see it everybody's, and the budgets. */
export function BudgetsTabs() {
	const path = usePathname();
	if (!useMay("budgets:read")) return null;
	return <Tabs label="Usage and budgets" tabs={tabs} at={path} />;
}
