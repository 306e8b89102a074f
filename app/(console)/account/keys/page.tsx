import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Keys } from "@/components/keys/keys";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "API keys" };

export default function KeysPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.keys.list.infiniteQueryKey({}), onePage(await api.keys.list({})))
			}
		>
			<Keys />
		</Filled>
	);
}
