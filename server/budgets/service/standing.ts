import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import type { BudgetRule } from "../contract";
import { openingOf } from "./opening";
import { endOf, startOf } from "./refusal";
import type { Bound } from "./rules";
import { storedOf } from "./storage";

export type Standing = { used: number; held: number; peak: number; startedAt: Date | null; resetsAt: Date | null };

/** What was taken of each of these by now, and what is held back. */
export async function standingsOf(db: Reader, rules: readonly Bound[]): Promise<Map<string, Standing>> {
	if (rules.length === 0) return new Map();
	const list = JSON.stringify(
		rules.map(({ id, part, span, isEach }) => ({ id, part, span, isAll: isEach && part === "" })),
	);
	const rows = await db.execute<{ id: string; used: string | null; held: string; peak: string | null }>(sql`
		select w.id, sum(c.used) as used, max(c.used) as peak, (
			select coalesce(sum(h.reserved), 0) from budget_holds h where h.budget_id = w.id and (w."isAll" or h.subject = w.part)
				and h.settled is null and h.expires_at > now()) as held
		from jsonb_to_recordset(${list}::text::jsonb) as w(id uuid, part text, span text, "isAll" boolean)
		left join budget_counters c on c.budget_id = w.id and (w."isAll" or c.subject = w.part)
			and w.span <> 'always' and c.starts_at = date_trunc(case w.span when 'always' then 'day' else w.span end, now(), 'UTC')
		group by w.id, w.part, w."isAll"`);
	const counted = new Map(rows.map((row) => [row.id, row]));
	const standings = await Promise.all(
		rules.map(async (rule): Promise<[string, Standing]> => {
			const row = counted.get(rule.id);
			const used = row?.used === null || row === undefined ? await usedOf(db, rule) : Number(row.used);
			const peak = Number(row?.peak ?? used);
			return [
				rule.id,
				{ used, held: Number(row?.held ?? 0), peak, startedAt: startOf(rule.span), resetsAt: endOf(rule.span) },
			];
		}),
	);
	return new Map(standings);
}

/** Where nobody has counted yet, by the rows themselves. */
const usedOf = (db: Reader, rule: Bound): Promise<number> => {
	const all: Bound = rule.isEach && rule.part === "" ? { ...rule, isEach: false } : rule;
	return rule.measure === "storage" ? storedOf(db, all) : openingOf(db, all);
};

/** A rule as its administrators see it: of all whom it binds. */
export const ofAll = (rule: BudgetRule): Bound => ({ ...rule, part: "" });
