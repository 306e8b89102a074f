import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { filterFrom } from "@/components/procedures/filter";
import { ProcedureList } from "@/components/procedures/procedure-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Procedures" };

export default async function ProceduresPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.procedures.list.infiniteQueryKey(asked), onePage(await api.procedures.list(asked)))
			}
		>
			<ProcedureList />
		</Filled>
	);
}
