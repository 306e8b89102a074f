import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { BudgetList } from "@/components/budgets/budget-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Budgets" };

export default function BudgetsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.budgets.list.infiniteQueryKey({}), onePage(await api.budgets.list({})))
			}
		>
			<BudgetList />
		</Filled>
	);
}
