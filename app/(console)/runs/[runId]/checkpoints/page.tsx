import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { TimeTravel } from "@/components/runs/time-travel";

export const metadata: Metadata = { title: "Checkpoints" };

export default async function CheckpointsPage({ params }: { params: Promise<{ runId: string }> }) {
	const { runId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.checkpoints.ofRun.queryKey({ runId }), await api.checkpoints.ofRun({ runId }))
			}
		>
			<TimeTravel runId={runId} />
		</Filled>
	);
}
