"use client";

import { usePathname } from "next/navigation";
import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ href: "/models", label: "Connections" },
	{ href: "/models/routes", label: "Routes" },
];

/** Where models are asked, and the order in which they are. */
export function ModelsTabs() {
	return <Tabs label="Models" tabs={tabs} at={usePathname()} />;
}
