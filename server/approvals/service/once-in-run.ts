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

const runCall = (ctx: ServiceContext, callId: string | null): { runId: string; callId: string } => {
	if (ctx.actor.kind === "agent" && callId !== null) return { runId: ctx.actor.runId, callId };
	throw new AppError("FORBIDDEN", "An agent changes things within a run only.");
};

function answerOf<T>(effect: Effect, { tool, argumentsHash }: { tool: string; argumentsHash: string }): T {
	if (effect.tool !== tool || effect.argumentsHash !== argumentsHash)
		throw new AppError("CONFLICT", "This call was made before with other arguments.");
	if (effect.answer === null)
		throw new AppError(
			"CONFLICT",
			"This call went out before, and nobody knows what came of it: it is not made again. Find out what is, before you ask for it anew.",
		);
	return superjson.parse<T>(effect.answer);
}

/**
 * What an agent has done elsewhere, where nothing is taken back: the call is written down before it goes out, so by its id it goes
 * out at most once, whenever we die.
 */
export async function onceOutside<T>(
	ctx: ServiceContext,
	{ tool, input }: Pick<ToolCall, "tool" | "input">,
	{ leave, work }: { leave: () => Promise<void>; work: () => Promise<T> },
): Promise<T> {
	const { runId, callId } = runCall(ctx, ctx.toolCall?.id ?? null);
	const call = { tool, argumentsHash: hashOf(input) };
	const isIt = and(eq(toolEffects.runId, runId), eq(toolEffects.toolCallId, callId));
	const find = () => ctx.db.orm.select().from(toolEffects).where(isIt);
	const [known] = await find();
	if (known) return answerOf<T>(known, call);
	await leave();
	const [mine] = await ctx.db.orm
		.insert(toolEffects)
		.values({ runId, toolCallId: callId, ...call, answer: null })
		.onConflictDoNothing()
		.returning();
	if (!mine) {
		const [other] = await find();
		if (other) return answerOf<T>(other, call);
		throw new AppError("CONFLICT", "The run of this call is gone.");
	}
	const answer = await work();
	await ctx.db.orm
		.update(toolEffects)
		.set({ answer: superjson.stringify(answer) })
		.where(isIt);
	return answer;
}

/** A change that an agent makes without anybody's word, by the id of its call: made once, and answered alike ever after. */
export async function onceInRun<T>(
	ctx: ServiceContext,
	{ tool, input, callId: id }: Pick<ToolCall, "tool" | "input" | "callId">,
	work: Work<T>,
): Promise<T> {
	const { runId, callId } = runCall(ctx, id);
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
		return answerOf<T>(error.effect, { tool, argumentsHash });
	}
}
