import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { DefinitionPage } from "@/components/agents/definition-page";

export const metadata: Metadata = { title: "Agent" };
type Props = { params: Promise<{ agentId: string }> };

export default async function AgentPage({ params }: Props) {
	const { agentId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.agents.get.queryKey({ agentId }), await api.agents.get({ agentId }));
			}}
		>
			<DefinitionPage key={agentId} agentId={agentId} />
		</Filled>
	);
}
