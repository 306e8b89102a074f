import type { AnyTRPCRouter } from "@trpc/server";
import type { Database } from "@/db/connection";
import type { Asker, Trial, TryCall } from "@/server/approvals/service";
import { findStanding, refusalTexts } from "@/server/auth/principal";
import type { Actor, Via } from "@/server/core/actor";
import { AppError, notFound } from "@/server/core/errors";
import { fromJson } from "@/server/faces/rest/coerce";
import { contextForActor } from "./context";
import { toAppError } from "./failure";
import { createCallerFactory } from "./init";
import { LateInput } from "./late-input";
import type { ProcedureMeta } from "./procedure";
import { isToolCall } from "./tool-calls";

/** Tries a tool out as somebody, through the whole gate: what it would do is done and taken back. Throws what the call would. */
export const tryCallOf =
	(root: () => AnyTRPCRouter): TryCall =>
	async (ctx, { asker, via, tool, input }) => {
		const router = root();
		const found = (router._def.procedures as Record<string, { _def: { meta?: ProcedureMeta } } | undefined>)[tool];
		const meta = found?._def.meta;
		if (!meta?.tool || !isVia(via)) throw notFound("This tool");
		const trials: Trial[] = [];
		const actor = await actorOf(ctx.db, asker);
		const context = {
			...contextForActor(actor, {
				db: ctx.db,
				requestId: ctx.requestId,
				via,
				...(ctx.signal ? { signal: ctx.signal } : {}),
			}),
			toolCall: { id: "trial", needsApproval: true, onTried: (one: Trial) => void trials.push(one) },
		};
		const caller = createCallerFactory(router)(context);
		// The path was found in the router itself, so it leads to a function of the caller.
		const call = tool.split(".").reduce<unknown>((at, name) => Reflect.get(Object(at), name), caller);
		try {
			await (call as (input: unknown) => Promise<unknown>)(new LateInput(() => fromJson(meta.input, input)));
		} catch (error) {
			throw toAppError(error);
		}
		const [trial] = trials;
		if (!trial) throw new AppError("CONFLICT", "This can't be tried out.");
		return trial;
	};

/** Whoever asked, with the rights of this moment. */
async function actorOf(db: Database, { cause, within }: Asker): Promise<Actor> {
	const { principal, refusal } = await findStanding(db, cause);
	if (!principal) throw new AppError("CONFLICT", refusalTexts[refusal]);
	return within ? { kind: "agent", ...within, onBehalfOf: principal } : principal;
}

const isVia = (via: string): via is Via => isToolCall(via as Via);
