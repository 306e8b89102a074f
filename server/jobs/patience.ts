import { RetryAfterError } from "inngest";
import { isDatabaseAway, isDatabaseSlow } from "@/db/connection";

/** How soon a step that the database failed is tried again, in ms: once the engine can ask for it, the database is back. */
const soon = 1_000;

/** Runs a step's work; a database that is away for a moment is no fault of the work, and its next try need not wait long. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!isDatabaseAway(error) && !isDatabaseSlow(error)) throw error;
		throw new RetryAfterError("The database was away", soon, { cause: error });
	}
}
