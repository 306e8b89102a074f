import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { OwnUsage } from "@/components/budgets/own-usage";

export const metadata: Metadata = { title: "Usage & budgets" };

export default function UsagePage() {
	return (
		<Filled
			fill={async (api, cache, keys) => cache.setQueryData(keys.budgets.own.queryKey({}), await api.budgets.own({}))}
		>
			<OwnUsage />
		</Filled>
	);
}
