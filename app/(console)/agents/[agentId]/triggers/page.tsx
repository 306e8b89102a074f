import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { TriggerPage } from "@/components/triggers/trigger-page";

export const metadata: Metadata = { title: "Schedules & webhooks" };
type Props = { params: Promise<{ agentId: string }> };

export default async function AgentTriggersPage({ params }: Props) {
	const { agentId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.agents.get.queryKey({ agentId }), await api.agents.get({ agentId }));
			}}
		>
			<TriggerPage key={agentId} agentId={agentId} />
		</Filled>
	);
}
