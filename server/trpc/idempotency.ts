import { createHash } from "node:crypto";
import { and, eq, isNull } from "drizzle-orm";
import superjson from "superjson";
import { idempotencyKeys } from "@/db/schema";
import { actorId } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { seal, unseal } from "@/server/core/vault";
import type { HashedBody } from "./hashed-body";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const placeOf = (id: string) => ({ table: "idempotency_keys", row: id, column: "answer", version: 1 });

/** Same key and same input: the first call's answer, without doing it again. A failed call leaves its key free. */
export async function once<T>(
	ctx: ServiceContext,
	call: { key: string | undefined; path: string; input: unknown; body?: HashedBody | undefined },
	work: () => Promise<T>,
): Promise<T> {
	if (!call.key) return work();
	const id = sha256(JSON.stringify([actorId(ctx.actor), call.path, call.key]));
	// What a body comes to is known once it was read.
	const inputHash = call.body ? "" : sha256(superjson.stringify(call.input));
	const [fresh] = await ctx.db.orm
		.insert(idempotencyKeys)
		.values({ id, inputHash })
		.onConflictDoNothing()
		.returning({ id: idempotencyKeys.id });
	if (!fresh) return earlierAnswer<T>(ctx, id, call.body ?? inputHash);
	try {
		const answer = await work();
		await ctx.db.orm
			.update(idempotencyKeys)
			// An answer may hold a secret that is told once and kept nowhere.
			.set({
				answer: seal(superjson.stringify(answer), placeOf(id)),
				...(call.body ? { inputHash: call.body.digest() } : {}),
			})
			.where(eq(idempotencyKeys.id, id));
		return answer;
	} catch (error) {
		await ctx.db.orm.delete(idempotencyKeys).where(and(eq(idempotencyKeys.id, id), isNull(idempotencyKeys.answer)));
		throw error;
	}
}

/** A body is not read while the first one is still under way. */
const isSame = async (earlier: { inputHash: string; answer: unknown }, input: string | HashedBody): Promise<boolean> =>
	typeof input === "string"
		? earlier.inputHash === input
		: !earlier.answer || earlier.inputHash === (await input.drain());

async function earlierAnswer<T>(ctx: ServiceContext, id: string, input: string | HashedBody): Promise<T> {
	const [earlier] = await ctx.db.orm.select().from(idempotencyKeys).where(eq(idempotencyKeys.id, id));
	if (earlier && !(await isSame(earlier, input)))
		throw new AppError(
			"KEY_REUSED",
			"This idempotency key was used with another input. Take a new key for a new call.",
		);
	if (!earlier?.answer) throw new AppError("CONFLICT", "The first call with this idempotency key is still under way.");
	return superjson.parse<T>(unseal(String(earlier.answer), placeOf(id)));
}
