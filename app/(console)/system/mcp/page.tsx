import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Remotes } from "@/components/remotes/remotes";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "MCP servers" };

export default function RemotesPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.remotes.list.infiniteQueryKey({}), onePage(await api.remotes.list({})))
			}
		>
			<Remotes />
		</Filled>
	);
}
