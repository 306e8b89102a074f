import { and, eq, sql } from "drizzle-orm";
import superjson from "superjson";
import type { Reader } from "@/db/connection";
import { toolEffects } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { hashOf, type ToolCall, type Work } from "./bind";
import { together } from "./preview";

type Effect = typeof toolEffects.$inferSelect;

/** The call was made already. */
class Earlier extends Error {
	constructor(readonly effect: Effect) {
		super("the call was made already");
	}
}

/** A change that an agent makes without anybody's word, by the id of its call: made once, and answered alike ever after. */
export async function onceInRun<T>(
	ctx: ServiceContext,
	{ tool, input, callId }: Pick<ToolCall, "tool" | "input" | "callId">,
	work: Work<T>,
): Promise<T> {
	const { actor } = ctx;
	if (actor.kind !== "agent" || callId === null)
		throw new AppError("FORBIDDEN", "An agent changes things within a run only.");
	const { runId } = actor;
	const argumentsHash = hashOf(input);
	const find = async (db: Reader): Promise<void> => {
		const isIt = and(eq(toolEffects.runId, runId), eq(toolEffects.toolCallId, callId));
		const [effect] = await db.select().from(toolEffects).where(isIt);
		if (effect) throw new Earlier(effect);
	};
	try {
		await find(ctx.db.orm);
		return await together<T>(ctx, {
			before: async (tx) => {
				await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${runId} ${callId}`}, 7))`);
				await find(tx);
			},
			work,
			settle: async (tx, answer) => {
				const row = { runId, toolCallId: callId, tool, argumentsHash, answer: superjson.stringify(answer) };
				await tx.insert(toolEffects).values(row);
			},
		});
	} catch (error) {
		if (!(error instanceof Earlier)) throw error;
		const { effect } = error;
		if (effect.tool !== tool || effect.argumentsHash !== argumentsHash)
			throw new AppError("CONFLICT", "This call was made before with other arguments.");
		return superjson.parse<T>(effect.answer);
	}
}
