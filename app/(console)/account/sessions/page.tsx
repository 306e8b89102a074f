import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { SessionList } from "@/components/sessions/session-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Sessions" };

export default function SessionsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.sessions.list.infiniteQueryKey({}), onePage(await api.sessions.list({})))
			}
		>
			<SessionList />
		</Filled>
	);
}
