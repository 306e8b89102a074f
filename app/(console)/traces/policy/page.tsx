import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { TracePolicyPage } from "@/components/traces/policy-form";

export const metadata: Metadata = { title: "What is kept of traces" };

export default function PolicyPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.traces.policy.queryKey({}), await api.traces.policy({}))
			}
		>
			<TracePolicyPage />
		</Filled>
	);
}
