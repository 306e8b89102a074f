import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { RuleList } from "@/components/approvals/rule-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Who approves" };

export default function ApprovalRulesPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.approvals.listRules.infiniteQueryKey({}), onePage(await api.approvals.listRules({})))
			}
		>
			<RuleList />
		</Filled>
	);
}
