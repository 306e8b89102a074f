import { createHmac } from "node:crypto";
import { and, eq, isNull, lt, sql } from "drizzle-orm";
import superjson from "superjson";
import { auditEntries, idempotencyKeys } from "@/db/schema";
import { actorChain } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { callerKey } from "@/server/core/denials";
import { AppError } from "@/server/core/errors";
import { secret } from "@/server/core/secrets";
import { seal, unseal } from "@/server/core/vault";
import type { HashedBody } from "./hashed-body";

const hashOf = (value: unknown) =>
	createHmac("sha256", secret("idempotency")).update(JSON.stringify(value)).digest("hex");
const placeOf = (id: string) => ({ table: "idempotency_keys", row: id, column: "answer", version: 1 });

export type KeyedCall = {
	key: string | undefined;
	path: string;
	input: unknown;
	body?: HashedBody | undefined;
	/** The longest that it can take, in ms. */
	longestMs: number;
};

/** After its longest time a call is over; so much later, in ms, it counts as lost. */
const marginMs = 15_000;

/** Same key and same input: the first call's answer, without doing it again. A failed call leaves its key free. */
export async function once<T>(ctx: ServiceContext, call: KeyedCall, work: () => Promise<T>): Promise<T> {
	if (!call.key) return work();
	// What a body comes to is known once it was read.
	const inputHash = call.body ? "" : hashOf(superjson.stringify(call.input));
	const id = hashOf([whose(ctx, inputHash), call.path, call.key]);
	const claim = { requestId: ctx.requestId, leasedUntil: inMs(call.longestMs + marginMs) };
	const [fresh] = await ctx.db.orm
		.insert(idempotencyKeys)
		.values({ id, inputHash, ...claim })
		.onConflictDoNothing()
		.returning({ id: idempotencyKeys.id });
	if (!fresh) {
		const earlier = await findEarlier(ctx, id, call.body ?? inputHash);
		if (earlier.answer) return superjson.parse<T>(unseal(String(earlier.answer), placeOf(id)));
		await takeOver(ctx, id, { earlier, claim });
	}
	const own = and(eq(idempotencyKeys.id, id), eq(idempotencyKeys.requestId, ctx.requestId));
	try {
		const answer = await work();
		await ctx.db.orm
			.update(idempotencyKeys)
			// An answer may hold a secret that is told once and kept nowhere.
			.set({
				answer: seal(superjson.stringify(answer), placeOf(id)),
				...(call.body ? { inputHash: hashOf(call.body.digest()) } : {}),
			})
			.where(own);
		return answer;
	} catch (error) {
		await ctx.db.orm.delete(idempotencyKeys).where(and(own, isNull(idempotencyKeys.answer)));
		throw error;
	}
}

const inMs = (ms: number) => sql<Date>`now() + make_interval(secs => ${ms / 1000})`;

/** Nobody who is known shares their keys with others. Strangers share them only where all that they send is the same. */
const whose = (ctx: ServiceContext, inputHash: string): unknown =>
	ctx.actor.kind === "anonymous"
		? ["anonymous", callerKey(ctx), inputHash]
		: actorChain(ctx.actor).map(({ kind, id }) => [kind, id]);

type Earlier = typeof idempotencyKeys.$inferSelect;

const underWay = () =>
	new AppError("CONFLICT", "The first call with this idempotency key is still under way.", { retryAfterSeconds: 5 });

async function findEarlier(ctx: ServiceContext, id: string, input: string | HashedBody): Promise<Earlier> {
	const [earlier] = await ctx.db.orm.select().from(idempotencyKeys).where(eq(idempotencyKeys.id, id));
	// It failed just now.
	if (!earlier) throw underWay();
	if (!(await isSame(earlier, input)))
		throw new AppError(
			"KEY_REUSED",
			"This idempotency key was used with another input. Take a new key for a new call.",
		);
	return earlier;
}

/** A body is not read while the first one is still under way. */
const isSame = async ({ inputHash, answer }: Earlier, input: string | HashedBody): Promise<boolean> =>
	typeof input === "string" ? inputHash === input : !answer || inputHash === hashOf(await input.drain());

/**
 * Whoever had the key died before it had an answer. What it changed would be in the audit, written in the same transaction:
 * only where there is nothing, the call is done again.
 */
async function takeOver(
	ctx: ServiceContext,
	id: string,
	{ earlier, claim }: { earlier: Earlier; claim: { requestId: string; leasedUntil: ReturnType<typeof inMs> } },
): Promise<void> {
	const lost = and(
		eq(idempotencyKeys.id, id),
		eq(idempotencyKeys.requestId, earlier.requestId),
		isNull(idempotencyKeys.answer),
		lt(idempotencyKeys.leasedUntil, sql`now()`),
	);
	const [isLost] = await ctx.db.orm.select({ id: idempotencyKeys.id }).from(idempotencyKeys).where(lost);
	if (!isLost) throw underWay();
	const [effect] = await ctx.db.orm
		.select({ id: auditEntries.id })
		.from(auditEntries)
		.where(and(eq(auditEntries.requestId, earlier.requestId), eq(auditEntries.outcome, "done")))
		.limit(1);
	if (effect)
		throw new AppError(
			"CONFLICT",
			"The first call with this idempotency key took effect, but its answer was lost. Look at what is there before you send it again with a new key.",
		);
	const [taken] = await ctx.db.orm.update(idempotencyKeys).set(claim).where(lost).returning({ id: idempotencyKeys.id });
	if (!taken) throw underWay();
}
