import { type SQL, sql } from "drizzle-orm";
import { type Breakdown, type ReadInsights, type Span, spans } from "../contract";

/** Whose figures, of what time. Where they are one's own, `userId` is one's own. */
export type Scope = Omit<ReadInsights, "span"> & { span: Span; moments: Date[] };

const unitMs = { hour: 3_600_000, day: 86_400_000 } as const;

/** The moments that the points of a span begin at; in UTC every day is as long as the other. */
export function momentsOf(span: Span, now: Date): Date[] {
	const { unit, points } = spans[span];
	const last = Math.floor(now.getTime() / unitMs[unit]) * unitMs[unit];
	return Array.from({ length: points }, (_, at) => new Date(last - (points - 1 - at) * unitMs[unit]));
}

/** What rows are put together by, and what has to be joined for it. */
export type Grouping = { key: SQL; join: SQL };

export const bySubject = {
	model: { key: sql`m.model_key`, join: sql`` },
	agent: { key: sql`m.agent_id::text`, join: sql`` },
	user: { key: sql`m.user_id::text`, join: sql`` },
	group: { key: sql`g.group_id::text`, join: sql`join group_members g on g.user_id = m.user_id` },
} as const satisfies Record<Breakdown, Grouping>;

/** By the number of the point that a row belongs to, from 0. */
export const byPoint = ({ span, moments }: Scope): Grouping => ({
	key: sql`floor(extract(epoch from m.created_at - ${startOf(moments)}) / ${sql.raw(String(unitMs[spans[span].unit] / 1000))})::int::text`,
	join: sql``,
});

/** The points by themselves, for a statement that looks into each: `d.n` from 0, `d.at` and `d.until`. */
export const eachPoint = ({ span, moments }: Scope): SQL => {
	const unit = sql.raw(`interval '1 ${spans[span].unit}'`);
	const at = sql`${startOf(moments)} + n * ${unit}`;
	return sql`(select n, ${at} as at, ${at} + ${unit} as until from generate_series(0, ${sql.raw(String(moments.length - 1))}) n) d`;
};

// A moment of ours, written by `toISOString`: as part of the text, it is the same expression wherever it stands in a statement.
const startOf = ([first = new Date()]: Date[]): SQL => sql.raw(`timestamptz '${first.toISOString()}'`);

export const sinceStart = ({ moments }: Scope): SQL => sql`m.created_at >= ${startOf(moments)}`;

/** Whose rows of `m` are meant: each of its tables names a person and an agent. */
export function about({ userId, agentId, groupId }: Scope): SQL {
	const conditions: SQL[] = [sql`true`];
	if (userId) conditions.push(sql`m.user_id = ${userId}`);
	if (agentId) conditions.push(sql`m.agent_id = ${agentId}`);
	if (groupId) conditions.push(sql`m.user_id in (select user_id from group_members where group_id = ${groupId})`);
	return sql.join(conditions, sql` and `);
}
