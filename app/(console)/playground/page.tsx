import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Playground } from "@/components/playground/playground";

export const metadata: Metadata = { title: "Playground" };

export default function PlaygroundPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.playground.get.queryKey({}), await api.playground.get({}))
			}
		>
			<Playground />
		</Filled>
	);
}
