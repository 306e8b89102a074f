import { and, eq, type SQL, sql } from "drizzle-orm";
import { groupMembers, modelCalls, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { listQuery } from "@/server/core/list-query";
import type { ListUsedCalls, Usage, UsageGroup, UsageRow, UsageSums, UsedCall } from "../contract";
import { usageDays } from "./own";
import { endOf, startOf } from "./refusal";

const mostSums = 500;

type Sum = {
	subject: string | null;
	name: string | null;
	calls: number;
	failed: number;
	tokens: string;
	micros: string;
	currency: string;
};

/** Whose each call is, and what people call them. A person of several groups counts in each. */
const groupings = {
	user: { subject: sql`m.user_id::text`, name: sql`(select name from users where id::text = s.subject)`, from: sql`` },
	agent: {
		subject: sql`m.agent_id::text`,
		name: sql`(select name from agents where id::text = s.subject)`,
		from: sql``,
	},
	key: { subject: sql`m.key_id::text`, name: sql`(select name from api_keys where id::text = s.subject)`, from: sql`` },
	model: { subject: sql`m.model_key`, name: sql`s.model`, from: sql`` },
	group: {
		subject: sql`g.group_id::text`,
		name: sql`(select name from groups where id::text = s.subject)`,
		from: sql`join group_members g on g.user_id = m.user_id`,
	},
} as const satisfies Record<UsageGroup, { subject: SQL; name: SQL; from: SQL }>;

const unnamed = {
	user: "The installation itself",
	agent: "Outside of agents",
	key: "Without a key",
	model: "A model that is gone",
	group: "A group that is gone",
} as const satisfies Record<UsageGroup, string>;

/** What was taken this month, and what it comes to by its end at the pace of now. */
export async function usageSums(ctx: ServiceContext, { by }: Usage): Promise<UsageSums> {
	const { subject, name, from } = groupings[by];
	const [rows, days] = await Promise.all([
		ctx.db.orm.execute<Sum>(sql`
			with s as (
				select ${subject} as subject, max(m.model) as model, count(*)::int as calls,
					(count(*) filter (where m.outcome = 'failed'))::int as failed, sum(m.input_tokens + m.output_tokens) as tokens,
					coalesce(sum(m.cost_micros), 0) as micros, coalesce(m.currency, '') as currency
				from model_calls m ${from}
				where m.created_at >= date_trunc('month', now(), 'UTC') group by 1, m.currency
			)
			select s.subject, ${name} as name, s.calls, s.failed, s.tokens, s.micros, s.currency from s
			order by s.micros desc, s.tokens desc limit ${mostSums}`),
		usageDays(ctx.db.orm, null),
	]);
	const now = new Date();
	const [startedAt, endsAt] = [startOf("month", now) ?? now, endOf("month", now) ?? now];
	const pace = (endsAt.getTime() - startedAt.getTime()) / Math.max(now.getTime() - startedAt.getTime(), leastMs);
	return { startedAt, endsAt, sums: rows.map((row) => toRow(row, by, Math.max(1, pace))), days };
}

/** In a month's first hours a pace says nothing. */
const leastMs = 6 * 3_600_000;

function toRow({ subject, name, calls, failed, currency, ...sums }: Sum, by: UsageGroup, pace: number): UsageRow {
	const [tokens, micros] = [Number(sums.tokens), Number(sums.micros)];
	return {
		...{ id: `${subject ?? ""} ${currency}`, subject: subject ?? "", name: name ?? unnamed[by], calls, failed },
		...{ tokens, micros, currency },
		forecastTokens: Math.round(tokens * pace),
		forecastMicros: Math.round(micros * pace),
	};
}

/** The calls themselves, down to their runs. */
export async function listUsedCalls(
	ctx: ServiceContext,
	input: ListUsedCalls,
): Promise<{ rows: UsedCall[]; next: string | null }> {
	const { userId } = requireUser(ctx);
	const { groupId, ...filter } = input.filter ?? {};
	const narrowed = { ...input, filter, groupId };
	const list = listQuery(narrowed, {
		filter: {
			userId: modelCalls.userId,
			agentId: modelCalls.agentId,
			keyId: modelCalls.keyId,
			modelKey: modelCalls.modelKey,
			createdAt: modelCalls.createdAt,
		},
		sort: { createdAt: modelCalls.createdAt },
		id: modelCalls.id,
	});
	const inGroup = groupId?.eq
		? sql`exists (select from ${groupMembers} where ${and(
				eq(groupMembers.groupId, groupId.eq),
				sql`${groupMembers.userId} = ${modelCalls.userId}`,
			)})`
		: undefined;
	const rows = await ctx.db.orm
		.select({
			id: modelCalls.id,
			createdAt: modelCalls.createdAt,
			model: modelCalls.model,
			connection: modelCalls.connection,
			outcome: modelCalls.outcome,
			userName: sql<string | null>`(select name from users u where u.id = ${modelCalls.userId})`,
			agentName: sql<string | null>`(select name from agents a where a.id = ${modelCalls.agentId})`,
			runId: modelCalls.runId,
			isOwn: sql<boolean>`exists (select from ${runs} where ${runs.id} = ${modelCalls.runId} and ${runs.userId} = ${userId})`,
			inputTokens: modelCalls.inputTokens,
			outputTokens: modelCalls.outputTokens,
			costMicros: modelCalls.costMicros,
			currency: modelCalls.currency,
			key: list.key,
		})
		.from(modelCalls)
		.where(and(list.where, inGroup))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}
