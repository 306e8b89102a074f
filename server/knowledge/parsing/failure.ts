/** Every way a file can refuse to be read, with what its owner can do. */
export const parseFailures = {
	empty: "The file is empty. Look whether the right one was uploaded.",
	encrypted: "The file needs a password: remove it and upload the file again.",
	damaged: "The file is damaged or was cut off. Open it where it was made, save it anew and upload that.",
	noText:
		"The file has no text, and none was recognised in its pictures. Where there is some, scan it larger and sharper.",
	tooManyScans: "The file has more than 300 scanned pages. Split it.",
	noWords: "The file has no text in it.",
	unpacksTooLarge: "The file is too large when unpacked (more than 100 MB). Split it or take the pictures out.",
	tooMuchText: "The file has more text than can be read (20 million characters). Split it.",
	tooManyPages: "The file has more than 20,000 pages. Split it.",
	nested: "The file is nested too deeply to be read. Save it in a simpler form and upload that.",
	timedOut: "Reading the file took longer than 30 s and was stopped. Split it, or save it anew in a simpler form.",
	outOfMemory: "Reading the file needed over 512 MB of memory and was stopped. Split it, or take the pictures out.",
	notFetched: "What its address leads to could not be fetched.",
	noModel: "The embedding model of its collection is not set up any more.",
	/** For callers that know better what is wrong: see `UnreadableFile`'s own reason. */
	wrongType: "The file is not what its ending says.",
	crashed: "The file could not be read: the reader broke on it. Save it anew in another form and upload that.",
} as const satisfies Record<string, string>;
export type ParseFailure = keyof typeof parseFailures;
export const isParseFailure = (value: unknown): value is ParseFailure =>
	typeof value === "string" && Object.hasOwn(parseFailures, value);

/** A file that can't be read, and a reason written for the person who uploaded it. It won't get better by trying again. */
export class UnreadableFile extends Error {
	override readonly name = "UnreadableFile";
	constructor(
		readonly failure: ParseFailure,
		reason: string,
		options?: ErrorOptions,
	) {
		super(reason, options);
	}
}

export const unreadable = (failure: ParseFailure, options?: ErrorOptions): UnreadableFile =>
	new UnreadableFile(failure, parseFailures[failure], options);
