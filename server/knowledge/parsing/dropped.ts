/** What a file holds and nobody is meant to read in it, or what can't be read as text: left out, and counted for whoever asks. */
export const droppedKinds = [
	"hiddenText",
	"hiddenRows",
	"hiddenColumns",
	"hiddenSheets",
	"hiddenSlides",
	"notes",
	"comments",
	"pictures",
	"attachments",
] as const;
export type DroppedKind = (typeof droppedKinds)[number];

const counts = new Map<DroppedKind, number>();

/** Counts for the file that this process reads: each has a process of its own. */
export function drop(what: DroppedKind, count = 1): void {
	if (count > 0) counts.set(what, (counts.get(what) ?? 0) + count);
}

export const droppedSoFar = (): { what: DroppedKind; count: number }[] =>
	[...counts].map(([what, count]) => ({ what, count }));
