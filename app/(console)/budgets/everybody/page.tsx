import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { EverybodysUsage } from "@/components/budgets/everybodys-usage";

export const metadata: Metadata = { title: "Everybody's usage" };

export default function EverybodysUsagePage() {
	const by = "user" as const;
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.budgets.usage.queryKey({ by }), await api.budgets.usage({ by }))
			}
		>
			<EverybodysUsage />
		</Filled>
	);
}
