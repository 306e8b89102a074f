import type { RunState } from "@/server/runs/contract";

export const shownStates = [
	"queued",
	"running",
	"waiting",
	"succeeded",
	"failed",
	"cancelled",
] as const satisfies readonly RunState[];

/** The filter that an address stands for. */
export function filterFrom(get: (name: string) => string | null): { filter?: { state: { eq: RunState } } } {
	const state = shownStates.find((one) => one === get("state"));
	return state ? { filter: { state: { eq: state } } } : {};
}
