import { and, eq, or, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { agents, triggerCalls, triggers, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import type { ListCalls, ListTriggers, OneTrigger, Trigger, TriggerCall } from "../contract";
import type { TriggerRow } from "./place";

/** One's own, and those of the agents that one manages. */
const maySee = (ctx: ServiceContext): SQL | undefined => {
	const user = requireUser(ctx);
	return or(
		eq(triggers.ownerId, user.userId),
		mayManageRow(user, "agent", { id: agents.id, ownerId: agents.createdBy }),
	);
};

const last = <T>(column: SQL) =>
	sql<T>`(select ${column} from trigger_calls c where c.trigger_id = ${triggers.id} order by c.created_at desc, c.id desc limit 1)`;

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, db: Reader, more: More) => {
	const isOwn = sql<boolean>`${triggers.ownerId} = ${requireUser(ctx).userId}`;
	return db
		.select({
			id: triggers.id,
			kind: triggers.kind,
			name: triggers.name,
			agentId: triggers.agentId,
			agentName: agents.name,
			ownerName: users.name,
			isOwn,
			question: sql<string | null>`case when ${isOwn} then ${triggers.question} end`,
			cron: triggers.cron,
			timeZone: triggers.timeZone,
			isPaused: triggers.isPaused,
			nextAt: triggers.nextAt,
			path: sql<string | null>`case when ${triggers.kind} = 'webhook' then '/api/hooks/' || ${triggers.id} end`,
			formerUntil: sql`case when ${triggers.formerUntil} > now() then ${triggers.formerUntil} end`.mapWith(
				triggers.formerUntil,
			) as SQL<Date | null>,
			refusedAt: triggers.refusedAt,
			refusedBecause: triggers.refusedBecause,
			lastAt: last(sql`c.created_at`).mapWith(triggerCalls.createdAt) as SQL<Date | null>,
			lastRefusal: last<string | null>(sql`c.refusal`),
			revision: triggers.revision,
			createdAt: triggers.createdAt,
			...more,
		})
		.from(triggers)
		.innerJoin(agents, eq(agents.id, triggers.agentId))
		.innerJoin(users, eq(users.id, triggers.ownerId));
};

export async function listTriggers(
	ctx: ServiceContext,
	input: ListTriggers,
): Promise<{ rows: Trigger[]; next: string | null }> {
	const { agentId, kind, createdAt, id } = triggers;
	const list = listQuery(input, { filter: { agentId, kind }, sort: { createdAt }, id });
	const rows = await select(ctx, ctx.db.orm, { key: list.key })
		.where(and(maySee(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getTrigger(
	ctx: ServiceContext,
	{ triggerId }: OneTrigger,
	db: Reader = ctx.db.orm,
): Promise<Trigger> {
	const [found] = await select(ctx, db, {}).where(and(eq(triggers.id, triggerId), maySee(ctx)));
	if (!found) throw notFound("This schedule or webhook");
	return found;
}

/** All of the answer: it is one row, and what its last call came to. */
export async function versionOfTrigger(ctx: ServiceContext, input: OneTrigger): Promise<Version> {
	const of = await getTrigger(ctx, input);
	return { of, revision: of.revision };
}

/** What came of its calls, for its owner: whom its chats belong to. */
export async function listCalls(
	ctx: ServiceContext,
	input: ListCalls,
): Promise<{ rows: TriggerCall[]; next: string | null }> {
	const { isOwn } = await getTrigger(ctx, input);
	const { id, key, runId, refusal, createdAt } = triggerCalls;
	const list = listQuery(input, { filter: {}, sort: { createdAt }, id });
	const rows = await ctx.db.orm
		.select({ id, key_: key, runId, refusal, createdAt, key: list.key })
		.from(triggerCalls)
		.where(and(eq(triggerCalls.triggerId, input.triggerId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return {
		rows: page.rows.map(({ key_, runId: run, ...row }) => ({ ...row, key: key_, runId: isOwn ? run : null })),
		next: page.next,
	};
}

/** Holds it until the transaction ends, for its owner; `own: false` also for who manages its agent. */
export async function holdTrigger(
	ctx: ServiceContext,
	tx: Tx,
	triggerId: string,
	{ own }: { own: boolean },
): Promise<TriggerRow> {
	const { isOwn } = await getTrigger(ctx, { triggerId }, tx);
	if (own && !isOwn) throw new AppError("FORBIDDEN", "It works for somebody else: you may pause it or remove it.");
	const [row] = await tx.select().from(triggers).where(eq(triggers.id, triggerId)).for("update");
	if (!row) throw notFound("This schedule or webhook");
	return row;
}
