import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { filterFrom } from "@/components/mail/filter";
import { Outbox } from "@/components/mail/outbox";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Outbox" };

export default async function OutboxPage({ searchParams }: { searchParams: SearchParams }) {
	const filter = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [page, delivery] = await Promise.all([api.mail.list(filter), api.mail.delivery({})]);
				cache.setQueryData(keys.mail.list.infiniteQueryKey(filter), onePage(page));
				cache.setQueryData(keys.mail.delivery.queryKey({}), delivery);
			}}
		>
			<Outbox />
		</Filled>
	);
}
