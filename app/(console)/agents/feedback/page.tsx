import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { FeedbackList } from "@/components/feedback/feedback-list";
import { filterFrom } from "@/components/feedback/filter";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Feedback" };

export default async function FeedbackPage({ searchParams }: { searchParams: SearchParams }) {
	const asked = filterFrom(await readerOf(searchParams));
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.feedback.list.infiniteQueryKey(asked), onePage(await api.feedback.list(asked)))
			}
		>
			<FeedbackList />
		</Filled>
	);
}
