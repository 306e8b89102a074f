import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { onePage } from "@/components/trpc/page-data";
import { People } from "@/components/users/people";

export const metadata: Metadata = { title: "People & roles" };

export default function PeoplePage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.users.list.infiniteQueryKey({}), onePage(await api.users.list({})))
			}
		>
			<People />
		</Filled>
	);
}
