import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { ScoringPage } from "@/components/evaluations/scoring-page";

export const metadata: Metadata = { title: "Scoring" };
type Props = { params: Promise<{ agentId: string }> };

export default async function AgentScoringPage({ params }: Props) {
	const { agentId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.agents.get.queryKey({ agentId }), await api.agents.get({ agentId }));
			}}
		>
			<ScoringPage key={agentId} agentId={agentId} />
		</Filled>
	);
}
