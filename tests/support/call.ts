import { randomUUID } from "node:crypto";
import { TRPCError } from "@trpc/server";
import type { Database } from "@/db/connection";
import type { Actor, Via } from "@/server/core/actor";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";

/** How a call ended, as its caller sees it. A stream that opens and has nothing to say yet answers with null. */
export type Outcome = { code: "OK"; answer: unknown } | { code: TRPCError["code"]; message: string };
type Call = (input: unknown) => Promise<unknown>;

/** Calls any procedure by its path, through the whole gate. Of a stream it takes the first event. */
export async function callAs(
	db: Database,
	actor: Actor,
	path: string,
	input: unknown,
	via: Via = "rpc",
): Promise<Outcome> {
	const over = new AbortController();
	const api = createCaller({ ...contextForActor(actor, { db, requestId: randomUUID(), via }), signal: over.signal });
	// The path came from the router itself, so it leads to a function of the caller.
	const call = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], api) as Call;
	try {
		const answer = await call(input);
		return { code: "OK", answer: isStream(answer) ? await firstOf(answer) : answer };
	} catch (error) {
		if (!(error instanceof TRPCError)) throw error;
		return { code: error.code, message: error.message };
	} finally {
		over.abort();
	}
}

const isStream = (answer: unknown): answer is AsyncGenerator =>
	typeof (answer as Partial<AsyncGenerator> | null)?.next === "function";

/** The gate refuses before the first event; a stream that is silent for a moment has let its reader in. */
async function firstOf(stream: AsyncGenerator): Promise<unknown> {
	const silence = new Promise<null>((resolve) => setTimeout(resolve, 500, null));
	const first = await Promise.race([stream.next(), silence]);
	return first === null || first.done ? null : first.value;
}
