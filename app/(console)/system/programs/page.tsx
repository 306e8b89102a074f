import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Programs } from "@/components/oauth/programs";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Programs" };

export default function ProgramsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.oauth.listPrograms.infiniteQueryKey({}), onePage(await api.oauth.listPrograms({})))
			}
		>
			<Programs />
		</Filled>
	);
}
