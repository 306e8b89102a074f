import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { ApprovalList } from "@/components/approvals/approval-list";
import { filterFrom } from "@/components/approvals/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Approvals" };

export default async function ApprovalsPage({ searchParams }: { searchParams: SearchParams }) {
	const filter = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.approvals.list.infiniteQueryKey(filter), onePage(await api.approvals.list(filter)))
			}
		>
			<ApprovalList />
		</Filled>
	);
}
