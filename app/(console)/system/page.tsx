import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { SystemView } from "@/components/system/system-view";

export const metadata: Metadata = { title: "System" };

export default function SystemPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.system.health.queryKey({}), await api.system.health({}))
			}
		>
			<SystemView />
		</Filled>
	);
}
