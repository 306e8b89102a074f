import { randomUUID } from "node:crypto";
import { and, count, eq, sql } from "drizzle-orm";
import { triggers } from "@/db/schema";
import type { AgentTrigger } from "@/server/agents/contract";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { mostTriggers } from "../contract";
import { nextTime } from "../times";
import { newSecret } from "./place";

const columns = {
	kind: triggers.kind,
	name: triggers.name,
	question: triggers.question,
	cron: triggers.cron,
	timeZone: triggers.timeZone,
};

/** The caller's own schedules and webhooks of an agent, as they leave with it: without ids and secrets. Those of others are theirs. */
export async function ownTriggers(ctx: ServiceContext, agentId: string): Promise<AgentTrigger[]> {
	if (!actorMay(ctx.actor, "triggers:read")) return [];
	return ctx.db.orm
		.select(columns)
		.from(triggers)
		.where(and(eq(triggers.agentId, agentId), eq(triggers.ownerId, requireUser(ctx).userId)))
		.orderBy(triggers.createdAt, triggers.id)
		.limit(mostTriggers);
}

/** Why these can't be brought along, each with its place; empty where they can. */
export function whyNotBring(ctx: ServiceContext, wanted: readonly AgentTrigger[]): { at: number; message: string }[] {
	return wanted.flatMap((one, at) => {
		if (!actorMay(ctx.actor, "triggers:write"))
			return [{ at, message: `You may make no schedules and webhooks here, such as ${one.name}.` }];
		if (one.kind === "webhook") return [];
		try {
			nextTime(one.cron ?? "", one.timeZone ?? "UTC", new Date());
			return [];
		} catch {
			return [{ at, message: `The schedule ${one.name} has no time that there is.` }];
		}
	});
}

/**
 * Gives an agent schedules and webhooks, whose runs belong to the caller. They start nothing before the caller resumes them; a webhook's
 * secret nobody has seen, so it is made anew before it is used. Those that the caller has there already are left alone.
 */
export async function bringTriggers(
	ctx: ServiceContext,
	agentId: string,
	wanted: readonly AgentTrigger[],
): Promise<number> {
	const { userId: ownerId } = requireUser(ctx);
	const known = new Set((await ownTriggers(ctx, agentId)).map((one) => JSON.stringify(one)));
	const fresh = wanted.filter(({ kind, name, question, cron, timeZone }) => {
		const key = JSON.stringify({ kind, name, question, cron, timeZone });
		return !known.has(key) && known.add(key);
	});
	await ctx.db.transaction(async (tx) => {
		const [all] = await tx.select({ count: count() }).from(triggers).where(eq(triggers.ownerId, ownerId));
		if ((all?.count ?? 0) + fresh.length > mostTriggers)
			throw new AppError(
				"CONFLICT",
				`One person has at most ${mostTriggers} schedules and webhooks. Remove some first.`,
			);
		for (const one of fresh) {
			const id = randomUUID();
			const isSchedule = one.kind === "schedule";
			const row = { ...one, id, agentId, ownerId, isPaused: true };
			await tx.insert(triggers).values({
				...row,
				// One after the other, so that they stand in the order in which they came.
				createdAt: sql`clock_timestamp()`,
				...(isSchedule
					? { nextAt: nextTime(one.cron ?? "", one.timeZone ?? "UTC", new Date()) }
					: { cron: null, timeZone: null, sealedSecret: newSecret(id, 1).sealedSecret }),
			});
			await audit(ctx, tx, {
				action: "trigger.add",
				resource: "trigger",
				resourceId: id,
				detail: { agentId, kind: one.kind },
				after: { ...one, isPaused: true },
			});
		}
	});
	return fresh.length;
}
