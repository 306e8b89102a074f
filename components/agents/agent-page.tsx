"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ErrorView } from "@/components/ui/error-view";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import type { Agent } from "@/server/agents/contract";
import { type AgentTab, AgentTabs } from "./agent-tabs";

/** What all pages of one agent have in common. What is inside is for whoever manages it. */
export function AgentPage(props: {
	agentId: string;
	at: AgentTab;
	/** Also for who may ask it only. */
	isForAll?: boolean;
	actions?: (agent: Agent) => ReactNode;
	children: (agent: Agent) => ReactNode;
}) {
	const api = useApi();
	const mayWrite = useMay("agents:write");
	const { data: agent, error, refetch } = useQuery(api.agents.get.queryOptions({ agentId: props.agentId }));
	if (!agent)
		return <ReadPage>{error ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null}</ReadPage>;
	const mayManage = mayWrite && agent.mayManage;
	const isOpen = mayManage || props.isForAll === true;
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/agents", label: "Agents" }}
				title={agent.name}
				count={agent.version === null ? "not published yet" : `version ${agent.version} answers`}
				actions={isOpen ? props.actions?.(agent) : undefined}
			>
				{agent.description || undefined}
			</PageHeader>
			{mayManage ? <AgentTabs agentId={agent.id} at={props.at} /> : null}
			{isOpen ? props.children(agent) : <Badge>You may ask this agent, but not change it</Badge>}
		</ReadPage>
	);
}
