import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { AuditLog } from "@/components/audit/audit-log";
import { filterFrom } from "@/components/audit/filter";
import { onePage } from "@/components/trpc/page-data";
import { toListFilter } from "@/server/audit/contract";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage({ searchParams }: { searchParams: SearchParams }) {
	const { filter } = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const asked = { filter: toListFilter(filter) };
				const [list, status] = await Promise.all([api.audit.list(asked), api.audit.status({})]);
				cache.setQueryData(keys.audit.list.infiniteQueryKey(asked), onePage(list));
				cache.setQueryData(keys.audit.status.queryKey({}), status);
			}}
		>
			<AuditLog />
		</Filled>
	);
}
