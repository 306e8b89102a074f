import { desc, eq } from "drizzle-orm";
import { procedureCallers, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { OneProcedure, ProcedureCaller } from "./contract";

const most = 20;

/** Who called it last, in each of their ways: for who reads the audit. What was called in the last seconds is not in it yet. */
export async function listCallers(
	ctx: ServiceContext,
	{ procedure }: OneProcedure,
): Promise<{ rows: ProcedureCaller[] }> {
	const { userId, kind, via, calls, lastCode, lastAt } = procedureCallers;
	const rows = await ctx.db.orm
		.select({ userId, userName: users.name, kind, via, calls, lastCode, lastAt })
		.from(procedureCallers)
		.innerJoin(users, eq(users.id, userId))
		.where(eq(procedureCallers.procedure, procedure))
		.orderBy(desc(lastAt), procedureCallers.id)
		.limit(most);
	return { rows };
}
