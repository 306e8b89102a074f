import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import type { SearchParams } from "@/app/search-params";
import { Consent } from "@/components/oauth/consent";
import { readRequest } from "@/components/oauth/read-request";

export const metadata: Metadata = { title: "Let a program in" };

/** Where a program sends people's browsers to ask them for access. */
export default async function AuthorizePage({ searchParams }: { searchParams: SearchParams }) {
	const request = readRequest(await searchParams);
	return (
		<Filled
			fill={async (api, cache, keys) => {
				if (request) cache.setQueryData(keys.oauth.look.queryKey(request), await api.oauth.look(request));
			}}
		>
			<Consent request={request} />
		</Filled>
	);
}
