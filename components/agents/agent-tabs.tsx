import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ path: "", label: "Definition" },
	{ path: "/versions", label: "Versions" },
	{ path: "/triggers", label: "Schedules & webhooks" },
	{ path: "/scoring", label: "Scoring" },
] as const;
export type AgentTab = (typeof tabs)[number]["path"];

/** The pages of one agent, for whoever manages it. */
export function AgentTabs({ agentId, at }: { agentId: string; at: AgentTab }) {
	const home = `/agents/${agentId}`;
	return (
		<Tabs label="Agent" tabs={tabs.map(({ path, label }) => ({ href: `${home}${path}`, label }))} at={`${home}${at}`} />
	);
}
