import type { Run } from "@/server/runs/contract";

/** It has not come to its end. */
export const isOpen = ({ state }: Run): boolean => state === "queued" || state === "running" || state === "waiting";

/** How long a run was worked on, in ms; null where it is not at its end. */
export const tookMs = (run: Run): number | null =>
	run.startedAt && run.endedAt ? run.endedAt.getTime() - run.startedAt.getTime() : null;
