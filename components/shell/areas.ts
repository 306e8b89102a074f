import {
	type Icon,
	IconBook2,
	IconChartBar,
	IconChartHistogram,
	IconChecklist,
	IconCpu,
	IconFlask,
	IconForms,
	IconHistory,
	IconMessageCircle,
	IconPlayerPlay,
	IconPrompt,
	IconRobot,
	IconRoute,
	IconScale,
	IconSearch,
	IconServer2,
	IconShieldCheck,
	IconShieldHalf,
	IconTimeline,
	IconUsers,
} from "@tabler/icons-react";
import type { Permission } from "@/server/core/permissions";

export type Entry = { href: string; label: string; icon: Icon; permission: Permission };
export type Area = { name: string; entries: Entry[] };

/** The three areas. What somebody may not read is not shown; the server decides all the same. */
export const areas: Area[] = [
	{
		name: "Work",
		entries: [
			{ href: "/chat", label: "Chat", icon: IconMessageCircle, permission: "threads:read" },
			{ href: "/agents", label: "Agents", icon: IconRobot, permission: "agents:read" },
			{ href: "/approvals", label: "Approvals", icon: IconShieldCheck, permission: "approvals:read" },
			{ href: "/search", label: "Search", icon: IconSearch, permission: "knowledge:read" },
			{ href: "/knowledge", label: "Knowledge", icon: IconBook2, permission: "knowledge:read" },
			{ href: "/extractions", label: "Extractions", icon: IconForms, permission: "runs:read" },
			{ href: "/runs", label: "Runs", icon: IconPlayerPlay, permission: "runs:read" },
		],
	},
	{
		name: "Build",
		entries: [
			{ href: "/prompts", label: "Prompts", icon: IconPrompt, permission: "prompts:read" },
			{ href: "/playground", label: "Playground", icon: IconFlask, permission: "prompts:write" },
			{ href: "/evaluations", label: "Evaluations", icon: IconScale, permission: "evaluations:annotate" },
			{ href: "/models", label: "Models", icon: IconCpu, permission: "models:read" },
			{ href: "/safety", label: "Safety", icon: IconShieldHalf, permission: "safety:read" },
			{ href: "/procedures", label: "Procedures", icon: IconRoute, permission: "procedures:read" },
		],
	},
	{
		name: "Operate",
		entries: [
			{ href: "/jobs", label: "Jobs", icon: IconChecklist, permission: "jobs:read" },
			{ href: "/traces", label: "Traces", icon: IconTimeline, permission: "traces:read" },
			{ href: "/insights", label: "Insights", icon: IconChartHistogram, permission: "runs:read" },
			{ href: "/budgets", label: "Usage & budgets", icon: IconChartBar, permission: "account:read" },
			{ href: "/audit", label: "Audit", icon: IconHistory, permission: "audit:read" },
			{ href: "/users", label: "People & roles", icon: IconUsers, permission: "users:read" },
			{ href: "/system", label: "System", icon: IconServer2, permission: "system:read" },
		],
	},
];
