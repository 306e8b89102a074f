"use client";

import { useMe } from "@/components/shell/me";
import { Tabs } from "@/components/ui/tabs";
import type { Permission } from "@/server/core/permissions";

const tabs: { href: string; label: string; permission: Permission }[] = [
	{ href: "/evaluations", label: "Datasets", permission: "evaluations:read" },
	{ href: "/evaluations/experiments", label: "Experiments", permission: "evaluations:read" },
	{ href: "/evaluations/rate", label: "Answers to rate", permission: "evaluations:annotate" },
];

/** What is asked, what came of it, and what people are to say of it. */
export function EvaluationsTabs({ at }: { at: string }) {
	const { permissions } = useMe();
	return <Tabs label="Evaluations" tabs={tabs.filter(({ permission }) => permissions.includes(permission))} at={at} />;
}
