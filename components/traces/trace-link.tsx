"use client";

import { IconTimeline } from "@tabler/icons-react";
import { useMay } from "@/components/shell/me";
import { ButtonLink } from "@/components/ui/button-link";

/** What was done for a run, step by step. */
export function TraceLink({ runId }: { runId: string }) {
	if (!useMay("traces:read")) return null;
	return (
		<ButtonLink size="small" look="quiet" icon={IconTimeline} href={`/traces/${runId}`}>
			Trace
		</ButtonLink>
	);
}
