// What goes wrong before anything runs, in one line for the person at the terminal.

/** Its message says what is wrong and how to mend it; no stack is shown. */
export class Problem extends Error {
	name = "LaunchProblem";
}

const known = {
	ENOSPC: "The disk is full: free some space, then start again.",
	EDQUOT: "This account's share of the disk is used up: free some space, then start again.",
	EROFS: "This folder is on a read-only disk: put Quarterdeck, or QD_DATA, on one that can be written.",
};

/** One line for any failure. */
export function describe(error) {
	if (error?.name === "LaunchProblem") return error.message;
	if (known[error?.code]) return known[error.code];
	if (["EACCES", "EPERM"].includes(error?.code) && error.path) {
		return `${error.path} belongs to another account: start as the one that made it, or give it back with chown.`;
	}
	return String(error?.message ?? error).split("\n")[0];
}
