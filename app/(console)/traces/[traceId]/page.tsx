import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { firstSpans } from "@/components/traces/first-spans";
import { TracePage } from "@/components/traces/trace-page";

export const metadata: Metadata = { title: "Trace" };

export default async function OneTracePage({ params }: { params: Promise<{ traceId: string }> }) {
	const { traceId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [head, page] = await Promise.all([
					api.traces.read({ traceId }),
					api.traces.spans({ traceId, limit: firstSpans }),
				]);
				cache.setQueryData(keys.traces.read.queryKey({ traceId }), head);
				cache.setQueryData(keys.traces.spans.infiniteQueryKey({ traceId }), { pages: [page], pageParams: [null] });
			}}
		>
			<TracePage traceId={traceId} />
		</Filled>
	);
}
