import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { PolicyList } from "@/components/safety/policy-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Safety" };

export default function SafetyPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.safety.list.infiniteQueryKey({}), onePage(await api.safety.list({})))
			}
		>
			<PolicyList />
		</Filled>
	);
}
