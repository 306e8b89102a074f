import { type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import type { Bound } from "./rules";

/** Which rows of `model_calls m`, or of `runs m`, a budget counts. */
export function countedRows({ subjectKind, subject, isEach, part }: Bound): SQL {
	const own = isEach ? sql`m.user_id = ${part}` : null;
	switch (subjectKind) {
		case "everybody":
			return own ?? sql`true`;
		case "user":
			return sql`m.user_id = ${subject}`;
		case "group":
			return own ?? sql`m.user_id in (select user_id from group_members where group_id::text = ${subject})`;
		case "role":
			return (
				own ??
				sql`m.user_id in (select id from users where role = ${subject} union select holder_id from role_assignments
				where role = ${subject} union select g.user_id from role_assignments a join group_members g on g.group_id = a.holder_id
				where a.role = ${subject})`
			);
		case "key":
			return sql`m.key_id = ${subject}`;
		case "agent":
			return sql`m.agent_id = ${subject}`;
		case "model":
			return sql`(m.model_key = ${subject} or m.model = ${subject})`;
	}
}

/** What had been taken since its day or month began, by the rows of the calls or runs themselves. */
export async function openingOf(db: Reader, rule: Bound): Promise<number> {
	const since = sql`m.created_at >= date_trunc(${rule.span}, now(), 'UTC')`;
	const [row] = await db.execute<{ taken: string }>(
		rule.measure === "runs"
			? sql`select count(*) as taken from runs m where ${since} and ${rule.subjectKind === "model" ? sql`false` : countedRows(rule)}`
			: rule.measure === "tokens"
				? sql`select coalesce(sum(m.input_tokens + m.output_tokens), 0) as taken from model_calls m where ${since} and ${countedRows(rule)}`
				: sql`select coalesce(sum(m.cost_micros), 0) as taken from model_calls m where ${since} and ${countedRows(rule)}
					and coalesce(m.currency, '') = ${rule.currency}`,
	);
	return Number(row?.taken ?? 0);
}
