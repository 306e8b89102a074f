import type { DroppedKind } from "../contract";

/** What is left out of a file's text, counted for whoever asks. */
const counts = new Map<DroppedKind, number>();

/** Counts for the file that this process reads: each has a process of its own. */
export function drop(what: DroppedKind, count = 1): void {
	if (count > 0) counts.set(what, (counts.get(what) ?? 0) + count);
}

export const droppedSoFar = (): { what: DroppedKind; count: number }[] =>
	[...counts].map(([what, count]) => ({ what, count }));
