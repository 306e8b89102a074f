import { IconGauge } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import { counted } from "@/components/ui/figures";
import type { Gate } from "@/server/prompts/contract";

/** What a version has to reach before it may be proposed. */
export function GateFacts({ gate }: { gate: Gate }) {
	return (
		<p>
			<Badge icon={IconGauge}>Gate</Badge> A new version needs {(gate.least * 100).toFixed(1).replace(/\.0$/, "")} of
			100 points
			{gate.scorer ? ` by ${gate.scorer}` : ""} on the dataset {gate.datasetName} as it is then, in an experiment of the
			last {counted(gate.freshDays, "day")}. Going back to an earlier one needs none.
		</p>
	);
}
