import { sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import type { BudgetMeasure, BudgetRule } from "../contract";

/** For whom something is done, and with what. `groups` and `roles` only where a rule asks for them. */
export type Whose = {
	userId: string | null;
	keyId: string | null;
	agentId: string | null;
	model?: { key: string; name: string } | null;
	groups?: readonly string[];
	roles?: readonly string[];
};

/** A rule that binds, and whose part of it: empty where all share one. */
export type Bound = BudgetRule & { part: string };

/** The rules of these measures. In a transaction they are those of this moment. */
export async function readRules(db: Reader, measures: readonly BudgetMeasure[]): Promise<BudgetRule[]> {
	const rows = await db.execute<BudgetRule & Record<string, unknown>>(
		sql`select id, subject_kind as "subjectKind", subject, is_each as "isEach", span, measure, currency, most
			from budgets where measure in ${[...measures]}`,
	);
	return rows.map((row) => ({ ...row, most: Number(row.most) }));
}

/**
 * Those of the rules that bind. All of them hold together, but for one: what a person was given themselves stands in place of
 * what each person has of the same measure and span.
 */
export function boundBy(rules: readonly BudgetRule[], whose: Whose): Bound[] {
	const fitting = rules.filter((rule) => fits(rule, whose));
	const own = new Set(fitting.filter(({ subjectKind }) => subjectKind === "user").map(scopeOf));
	return fitting
		.filter((rule) => !(rule.isEach && own.has(scopeOf(rule))))
		.map((rule) => ({ ...rule, part: rule.isEach ? (whose.userId ?? "") : "" }));
}

const scopeOf = ({ span, measure, currency }: BudgetRule): string => `${span} ${measure} ${currency}`;

function fits({ subjectKind, subject, isEach }: BudgetRule, whose: Whose): boolean {
	// Nobody stands behind what the installation does by itself.
	if (isEach && whose.userId === null) return false;
	switch (subjectKind) {
		case "everybody":
			return true;
		case "user":
			return subject === whose.userId;
		case "group":
			return whose.groups?.includes(subject) ?? false;
		case "role":
			return whose.roles?.includes(subject) ?? false;
		case "key":
			return subject === whose.keyId;
		case "agent":
			return subject === whose.agentId;
		case "model":
			return subject === whose.model?.key || subject === whose.model?.name;
	}
}

/** Whether it has to be known of which groups and roles somebody is. */
export const asksForPeople = (rules: readonly BudgetRule[]): boolean =>
	rules.some(({ subjectKind }) => subjectKind === "group" || subjectKind === "role");

type People = { groups: string[]; roles: string[] };
/** How old an answer may be, in ms: as old as the rules may be themselves. */
const longestMs = 4_500;
const mostPeople = 5_000;
const known = new WeakMap<Database, Map<string, { at: number; people: Promise<People> }>>();

/** The groups and roles of a person as of some seconds ago. Throws where that can't be known. */
export async function peopleOf(db: Database, userId: string): Promise<People> {
	const all = known.get(db) ?? new Map<string, { at: number; people: Promise<People> }>();
	known.set(db, all);
	const found = all.get(userId);
	if (found && performance.now() - found.at < longestMs) return found.people;
	if (all.size >= mostPeople) all.clear();
	const read = { at: performance.now(), people: readPeople(db.orm, userId) };
	all.set(userId, read);
	read.people.catch(() => all.get(userId) === read && all.delete(userId));
	return read.people;
}

export async function readPeople(db: Reader, userId: string): Promise<People> {
	const [row] = await db.execute<People>(sql`
		select array(select group_id::text from group_members where user_id = ${userId}) as groups,
			array(select role from users where id = ${userId} union select role from role_assignments where holder_id = ${userId}
				or holder_id in (select group_id from group_members where user_id = ${userId})) as roles`);
	return row ?? { groups: [], roles: [] };
}
