import type { RunState } from "@/server/runs/contract";

export const shownStates = [
	"queued",
	"running",
	"succeeded",
	"failed",
	"cancelled",
] as const satisfies readonly RunState[];

/** The filter that an address stands for. */
export const filterFrom = (get: (name: string) => string | null): { state: RunState | undefined } => ({
	state: shownStates.find((state) => state === get("state")),
});
