import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { AgentList } from "@/components/agents/agent-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Agents" };

export default function AgentsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.agents.list.infiniteQueryKey({}), onePage(await api.agents.list({})))
			}
		>
			<AgentList />
		</Filled>
	);
}
