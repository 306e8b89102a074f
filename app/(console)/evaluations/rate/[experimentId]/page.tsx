import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { RateView } from "@/components/evaluations/rate-view";

export const metadata: Metadata = { title: "Rate answers" };

export default async function RateAnswersPage({ params }: { params: Promise<{ experimentId: string }> }) {
	const { experimentId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(
					keys.evaluations.nextAnswer.queryKey({ experimentId }),
					await api.evaluations.nextAnswer({ experimentId }),
				)
			}
		>
			<RateView key={experimentId} experimentId={experimentId} />
		</Filled>
	);
}
