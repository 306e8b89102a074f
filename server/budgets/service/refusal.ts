import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { AppError } from "@/server/core/errors";
import { askHint, type BudgetMeasure, type BudgetRule, type BudgetSpan } from "../contract";
import type { Bound } from "./rules";

/** Who can help, in the words that every refusal ends with. */
export const whoRaises = `whoever holds budgets:manage can raise it: ${askHint}`;

/** An amount with its unit. */
export function amountText(measure: BudgetMeasure, amount: number, currency: string): string {
	switch (measure) {
		case "tokens":
			return `${amount.toLocaleString("en")} tokens`;
		case "runs":
			return `${amount.toLocaleString("en")} ${amount === 1 ? "run" : "runs"}`;
		case "money":
			return `${(amount / 1_000_000).toLocaleString("en", { maximumFractionDigits: 6 })}${currency ? ` ${currency}` : ""}`;
		case "storage":
			return `${(amount / 1_048_576).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
	}
}

export const spanText = { day: "today", month: "this month", always: "storage" } as const satisfies Record<
	BudgetSpan,
	string
>;

/** When a day or month that goes on now is over, in UTC; null for what has no end. */
export function endOf(span: BudgetSpan, now = new Date()): Date | null {
	const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
	switch (span) {
		case "day":
			return new Date(Date.UTC(year, month, day + 1));
		case "month":
			return new Date(Date.UTC(year, month + 1, 1));
		case "always":
			return null;
	}
}

export function startOf(span: BudgetSpan, now = new Date()): Date | null {
	const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
	switch (span) {
		case "day":
			return new Date(Date.UTC(year, month, day));
		case "month":
			return new Date(Date.UTC(year, month, 1));
		case "always":
			return null;
	}
}

/** When it comes back, in plain words. */
function backAt(span: BudgetSpan, now: Date): string {
	const end = endOf(span, now);
	if (!end) return "It comes back where something is deleted";
	const hours = Math.max(1, Math.round((end.getTime() - now.getTime()) / 3_600_000));
	const on =
		span === "month" ? ` on ${end.toLocaleDateString("en", { timeZone: "UTC", day: "numeric", month: "long" })}` : "";
	const long = hours > 48 ? `${Math.round(hours / 24)} days` : `${hours} h`;
	return `They come back at 00:00 UTC${on}, in about ${long}`;
}

/** The one refusal: which limit, when it begins anew, and who can raise it. */
export function limitReached(what: string, span: BudgetSpan, whoHelps = whoRaises): AppError {
	const now = new Date();
	const end = endOf(span, now);
	const seconds = end ? Math.ceil((end.getTime() - now.getTime()) / 1000) : undefined;
	const held = span === "always" ? "are used" : "are used or held back by open runs";
	return new AppError("LIMIT_REACHED", `${what} ${held}. ${backAt(span, now)}; ${whoHelps}.`, {
		...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
	});
}

/** Whose limit it is, in plain words; looked up only where one was met, or is shown. */
export async function ownerText(
	db: Reader,
	rule: Pick<BudgetRule, "subjectKind" | "subject" | "isEach">,
): Promise<string> {
	const { subjectKind, subject, isEach } = rule;
	if (subjectKind === "user" || isEach) return "Your";
	if (subjectKind === "everybody") return "This installation's";
	return `The ${subjectKind} ${await nameOf(db, rule).then((name) => name || subject)}'s`;
}

/** What people call a subject; empty where it is gone or has no other name. */
export async function nameOf(
	db: Reader,
	{ subjectKind, subject }: Pick<BudgetRule, "subjectKind" | "subject">,
): Promise<string> {
	const [row] = await db.execute<{ name: string | null }>(
		sql`select ${subjectName(sql`${subjectKind}::text`, sql`${subject}::text`)} as name`,
	);
	return row?.name ?? "";
}

/** What people call the subject of a row, in SQL. */
export const subjectName = (kind: ReturnType<typeof sql>, subject: ReturnType<typeof sql>) => sql<
	string | null
>`case ${kind}
	when 'user' then (select u.name from users u where u.id::text = ${subject})
	when 'group' then (select g.name from groups g where g.id::text = ${subject})
	when 'role' then coalesce((select r.name from roles r where r.id::text = ${subject}), ${subject})
	when 'key' then (select k.name from api_keys k where k.id::text = ${subject})
	when 'agent' then (select a.name from agents a where a.id::text = ${subject})
	when 'model' then coalesce((select m.name from models m where m.id::text = ${subject}), ${subject})
	when 'everybody' then 'Everybody' end`;

export async function budgetMet(db: Reader, rule: Bound): Promise<AppError> {
	const amount = amountText(rule.measure, rule.most, rule.currency);
	const when = rule.span === "always" ? "of storage" : `for ${spanText[rule.span]}`;
	return limitReached(`${await ownerText(db, rule)} ${amount} ${when}`, rule.span);
}
