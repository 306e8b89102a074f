import { databaseCode, isDatabaseAway, isDatabaseSlow } from "@/db/connection";
import { AppError } from "@/server/core/errors";

const again = new Set(["40001", "40P01"]);
/** What the checkpointer's driver says of a connection that broke; it gives no code. */
const broken =
	/connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** Whether the same statement may work in a moment: the database restarts, is slow, or two transactions met. */
export function mayPass(error: unknown): boolean {
	if (error instanceof AppError) return error.code === "UNAVAILABLE" || error.code === "TIMEOUT";
	if (isDatabaseAway(error) || isDatabaseSlow(error) || again.has(databaseCode(error) ?? "")) return true;
	for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
		if (broken.test(at.message)) return true;
	return false;
}

/** Longest that a statement is waited for, in ms. The server gives up long before; past this its connection is silent. */
const longestMs = 15_000;

/** What everything else waits for must come to an end. */
export function inTime<T>(work: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const late = () => reject(new AppError("TIMEOUT", "the database did not answer"));
		const timer = setTimeout(late, longestMs);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
