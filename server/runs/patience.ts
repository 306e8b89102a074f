import { databaseCode, isDatabaseAway, isDatabaseSlow } from "@/db/connection";

const again = new Set(["40001", "40P01"]);
/** What the checkpointer's driver says of a connection that broke; it gives no code. */
const broken =
	/connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** Whether the same statement may work in a moment: the database restarts, is slow, or two transactions met. */
export function mayPass(error: unknown): boolean {
	if (isDatabaseAway(error) || isDatabaseSlow(error) || again.has(databaseCode(error) ?? "")) return true;
	for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
		if (broken.test(at.message)) return true;
	return false;
}
