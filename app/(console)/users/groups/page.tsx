import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { GroupList } from "@/components/access/group-list";
import { groupsNamed } from "@/components/access/lists";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Groups" };

export default async function GroupsPage({ searchParams }: { searchParams: SearchParams }) {
	const filter = groupsNamed((await readerOf(searchParams))("q"));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(
					keys.access.listGroups.infiniteQueryKey(filter),
					onePage(await api.access.listGroups(filter)),
				)
			}
		>
			<GroupList />
		</Filled>
	);
}
