import { and, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agents, approvals } from "@/db/schema";
import { causeOf, type UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { mayReadRow } from "@/server/core/grants";
import { type BudgetRule, type OwnLimit, type OwnUsage, tokensOfADay, type UsageDay } from "../contract";
import { amountText, endOf, ownerText, spanText, startOf } from "./refusal";
import { type Bound, boundBy, readPeople, readRules } from "./rules";
import { standingsOf } from "./standing";

export const askTool = "budgets.askForMore";

/** What binds the caller at this moment, whichever agent and model they ask, and what they took. */
export async function ownUsage(ctx: ServiceContext): Promise<OwnUsage> {
	const { userId } = requireUser(ctx);
	const [limits, days] = await Promise.all([ownLimits(ctx), usageDays(ctx.db.orm, userId)]);
	return { limits, days };
}

/** The rules that bind a person, the installation's own tokens of a day among them. */
export async function ownRules(db: Reader, user: UserActor, keyId: string | null = null): Promise<Bound[]> {
	const { userId } = user;
	const [rules, people] = await Promise.all([
		readRules(db, ["tokens", "money", "runs", "storage"]),
		readPeople(db, userId),
	]);
	const always = boundBy([...rules, byDefault()], { userId, keyId, agentId: null, ...people });
	const inTheirPlace = always.some(takesItsPlace) ? always.filter(({ id }) => id !== tokensOfADay) : always;
	const near = (await reachable(db, user, rules)).filter(({ id }) => !always.some((rule) => rule.id === id));
	return [...inTheirPlace, ...near.map((rule) => ({ ...rule, part: "" }))];
}

/** Budgets of what the caller may ask: their agents, any model, and their own keys. */
async function reachable(db: Reader, user: UserActor, rules: readonly BudgetRule[]): Promise<BudgetRule[]> {
	const some = rules.filter(({ subjectKind }) => subjectKind === "agent" || subjectKind === "key");
	const ids = some.map(({ subject }) => subject);
	const own =
		ids.length === 0
			? []
			: await db.execute<{ id: string }>(sql`
		select ${agents.id} as id from ${agents} where ${agents.id}::text in ${ids} and ${agents.archivedAt} is null
			and ${mayReadRow(user, "agent", { id: agents.id, ownerId: agents.createdBy })}
		union all select id from api_keys where id::text in ${ids} and user_id = ${user.userId}`);
	const known = new Set(own.map(({ id }) => id));
	return rules.filter(({ subjectKind, subject }) => subjectKind === "model" || known.has(subject));
}

const takesItsPlace = ({ id, subjectKind, isEach, span, measure }: BudgetRule): boolean =>
	id !== tokensOfADay &&
	span === "day" &&
	measure === "tokens" &&
	(subjectKind === "user" || (subjectKind === "everybody" && isEach));

const byDefault = (): BudgetRule => ({
	...{
		id: tokensOfADay,
		subjectKind: "everybody",
		subject: "",
		isEach: true,
		span: "day",
		measure: "tokens",
		currency: "",
	},
	most: env().QD_TOKENS_PER_USER_PER_DAY,
});

async function ownLimits(ctx: ServiceContext): Promise<OwnLimit[]> {
	const db = ctx.db.orm;
	const user = requireUser(ctx);
	const { userId } = user;
	const bound = await ownRules(db, user, causeOf(ctx.actor)?.keyId ?? null);
	const [standings, entries, asked] = await Promise.all([
		standingsOf(
			db,
			bound.filter(({ id }) => id !== tokensOfADay),
		),
		tokensToday(db, userId),
		askedOf(db, userId),
	]);
	const today = { ...entries, startedAt: startOf("day"), resetsAt: endOf("day") };
	const limits = await Promise.all(
		bound.map(async (rule): Promise<OwnLimit> => {
			const { id: limitId, subjectKind, isEach, measure, span, currency, most } = rule;
			const { used, held, startedAt, resetsAt } = standings.get(limitId) ?? today;
			return {
				...{ limitId, name: await limitText(db, rule), subjectKind, isEach, measure, span, currency, most },
				...{ used, held, startedAt, resetsAt, asked: asked.get(limitId) ?? null },
			};
		}),
	);
	return limits.toSorted((one, other) => fullness(other) - fullness(one));
}

const fullness = ({ used, held, most }: OwnLimit): number => (most === 0 ? 1 : (used + held) / most);

/** `Your 2,000,000 tokens today`: whose, how much, and when. */
export async function limitText(db: Reader, rule: Omit<BudgetRule, "id">): Promise<string> {
	const owner = await ownerText(db, rule);
	return `${owner} ${amountText(rule.measure, rule.most, rule.currency)} ${rule.span === "always" ? "of storage" : spanText[rule.span]}`;
}

async function tokensToday(db: Reader, userId: string): Promise<{ used: number; held: number }> {
	const [row] = await db.execute<{ used: string; held: string }>(sql`
		select coalesce(sum(settled), 0) as used, coalesce(sum(reserved) filter (where settled is null), 0) as held
		from budget_entries where user_id = ${userId} and created_at >= date_trunc('day', now(), 'UTC')`);
	return { used: Number(row?.used ?? 0), held: Number(row?.held ?? 0) };
}

/** The caller's requests that wait, by the limit that they are about. */
async function askedOf(db: Reader, userId: string): Promise<Map<string, string>> {
	const limitId = sql<string>`${approvals.arguments}::jsonb ->> 'limitId'`;
	const rows = await db
		.select({ id: approvals.id, limitId })
		.from(approvals)
		.where(
			and(
				eq(approvals.requesterId, userId),
				eq(approvals.tool, askTool),
				eq(approvals.state, "pending"),
				sql`${approvals.expiresAt} > now()`,
			),
		);
	return new Map(rows.map((row) => [row.limitId, row.id]));
}

const days = 30;

/** What was taken day by day; of everybody where no person is named. Days without anything are there too. */
export async function usageDays(db: Reader, userId: string | null): Promise<UsageDay[]> {
	const own = userId === null ? sql`true` : sql`m.user_id = ${userId}`;
	const since = sql`date_trunc('day', now(), 'UTC') - ${days - 1} * interval '1 day'`;
	const rows = await db.execute<{ day: string; tokens: string; micros: string; runs: number }>(sql`
		with calls as (
			select date_trunc('day', m.created_at, 'UTC') as day, sum(m.input_tokens + m.output_tokens) as tokens, sum(m.cost_micros) as micros
			from model_calls m where ${own} and m.created_at >= ${since} group by 1
		), asked as (
			select date_trunc('day', m.created_at, 'UTC') as day, count(*)::int as runs from runs m
			where ${own} and m.created_at >= ${since} group by 1
		)
		select to_char(d.day at time zone 'UTC', 'YYYY-MM-DD') as day, coalesce(c.tokens, 0) as tokens, coalesce(c.micros, 0) as micros,
			coalesce(a.runs, 0) as runs
		from generate_series(${since}, date_trunc('day', now(), 'UTC'), interval '1 day') as d(day)
		left join calls c using (day) left join asked a using (day) order by 1`);
	return rows.map(({ day, tokens, micros, runs }) => ({ day, tokens: Number(tokens), micros: Number(micros), runs }));
}
