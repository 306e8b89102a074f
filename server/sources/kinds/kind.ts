import type { SourceRow } from "../place";

/** A file as its source lists it. `mark` is another as soon as the file is; null where only reading it tells. */
export type Found = { path: string; mark: string | null; size?: number };
export type Listing = {
	files: Found[];
	/** Files that are not taken: of a kind that can't be read, hidden, or left out by the patterns. */
	skipped: number;
	/** Why not all of it is there; nothing is removed then. */
	incomplete: string | null;
};
export type Content = { bytes: Buffer; mediaType: string; mark: string | null; name?: string };
/** What came of a file: its contents, null where it is as its mark says, or why it can't be read. */
export type Outcome = Content | null | FileProblem;
/** One sync of a source, with what it takes to reach it. */
export type Reach = { source: SourceRow; secret: string | null; syncId: string; signal: AbortSignal | undefined };
/** A file to read, with the mark that it had when it was last taken. */
export type Wanted = Found & { known: string | null };

export type Kind = {
	list: (reach: Reach) => Promise<Listing>;
	/** Reads these one after the other; `take` answers false where no more is wanted. */
	read: (reach: Reach, wanted: Wanted[], take: (file: Wanted, outcome: Outcome) => Promise<boolean>) => Promise<void>;
	/** How documents tell where they came from. */
	tell: (source: SourceRow, path: string) => string;
	/** Forgets what a sync kept on this machine. */
	end?: (reach: Reach) => Promise<void>;
};

/** Why one file can't be taken, and what to do; the others go on. */
export class FileProblem extends Error {
	override readonly name = "FileProblem";
	constructor(
		message: string,
		/** Whether it is the source that does not answer, so that others will hardly fare better. */
		readonly isAway = false,
		options?: ErrorOptions,
	) {
		super(message, options);
	}
}

/** Why the source as a whole can't be read, and what to do. */
export class SourceProblem extends Error {
	override readonly name = "SourceProblem";
}
