import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { VersionsPage } from "@/components/agents/versions-page";

export const metadata: Metadata = { title: "Versions" };
type Props = { params: Promise<{ agentId: string }> };

export default async function AgentVersionsPage({ params }: Props) {
	const { agentId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.agents.get.queryKey({ agentId }), await api.agents.get({ agentId }));
			}}
		>
			<VersionsPage key={agentId} agentId={agentId} />
		</Filled>
	);
}
