import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import type { BudgetMeasure, BudgetRule } from "../contract";
import { hold, type Wanted } from "./hold-rows";
import { holdTogether } from "./hold-together";
import { openingOf } from "./opening";
import { budgetMet } from "./refusal";
import { asksForPeople, boundBy, peopleOf, readPeople, type Whose } from "./rules";

/** What one call may take at most. Money only where its model has a price. */
export type Most = { tokens: number; micros: number | null; currency: string | null };

/**
 * Holds back of every budget that binds what a call may take at most, before it goes out. All or nothing, in one transaction;
 * `callId` is what it is settled by. False where no budget binds: then nothing was asked of the database. Throws LIMIT_REACHED
 * where there is not so much left, and whatever the database throws where that can't be known.
 */
export async function holdCall(
	db: Database,
	rules: readonly BudgetRule[],
	asked: { callId: string; whose: Whose; most: Most; ttlMs: number },
): Promise<boolean> {
	if (rules.length === 0) return false;
	const { whose, most } = asked;
	const ofCalls = rules.filter(({ measure }) => measure === "tokens" || measure === "money");
	const people = asksForPeople(ofCalls) && whose.userId ? await peopleOf(db, whose.userId) : {};
	const bound = boundBy(ofCalls, { ...whose, ...people }).flatMap((rule) => {
		const amount = amountOf(rule, most);
		return amount === null ? [] : [{ ...rule, amount }];
	});
	if (bound.length === 0) return false;
	await holdTogether(db, { callId: asked.callId, ttlMs: asked.ttlMs, wanted: bound });
	return true;
}

/** Null where the rule counts nothing of it. */
function amountOf({ measure, currency }: BudgetRule, { tokens, micros, currency: priced }: Most): number | null {
	switch (measure) {
		case "tokens":
			return tokens;
		case "money":
			return micros !== null && currency === (priced ?? "") ? micros : null;
		case "runs":
		case "storage":
			return null;
	}
}

/**
 * What was held back becomes what was taken, in the transaction that writes the rows of those calls: so what was settled is
 * always what the rows say, and each is counted once.
 */
export async function settleCalls(tx: Tx, callIds: readonly string[]): Promise<void> {
	if (callIds.length === 0) return;
	const ids = JSON.stringify(callIds);
	const these = sql`(select value::uuid from jsonb_array_elements_text(${ids}::text::jsonb))`;
	// In the order in which they are held, so that nobody waits for each other. Sent together, one after the other.
	await Promise.all([
		tx.execute(sql`
			select 1 from budget_counters c where exists (select from budget_holds h where h.call_id in ${these} and h.settled is null
				and h.budget_id = c.budget_id and h.subject = c.subject and h.starts_at = c.starts_at)
			order by c.budget_id, c.subject, c.starts_at for update`),
		tx.execute(sql`
			with settled as (
				update budget_holds h set settled = case h.measure when 'tokens' then m.input_tokens + m.output_tokens
					else coalesce(m.cost_micros, 0) end
				from model_calls m where m.id in ${these} and h.call_id = m.id and h.settled is null
				returning h.budget_id, h.subject, h.starts_at, h.settled
			), sums as (
				select budget_id, subject, starts_at, sum(settled) as taken from settled group by 1, 2, 3
			)
			update budget_counters c set used = c.used + s.taken from sums s
			where c.budget_id = s.budget_id and c.subject = s.subject and c.starts_at = s.starts_at`),
	]);
}

/** A call of a run that has ended already, such as of a process that had lost it: it is taken from the same budget. */
export async function settleLate(tx: Tx, callIds: string): Promise<void> {
	await tx.execute(sql`
		update budget_entries b set settled = late.taken from (
			select m.run_id, sum(m.input_tokens + m.output_tokens) as taken from model_calls m
			where m.run_id in (select run_id from model_calls where run_id is not null
				and id in (select value::uuid from jsonb_array_elements_text(${callIds}::text::jsonb)))
			group by 1) late
		where b.run_id = late.run_id and b.settled < late.taken`);
}

/** What one run takes of the budgets that count runs; and none is begun where tokens or money are used up. */
export async function holdRun(
	tx: Tx,
	rules: readonly BudgetRule[],
	{ runId, whose, tokens }: { runId: string; whose: Whose; tokens: number },
): Promise<void> {
	if (rules.length === 0) return;
	const people = asksForPeople(rules) && whose.userId ? await readPeople(tx, whose.userId) : {};
	const wanted = boundBy(rules, { ...whose, ...people }).flatMap((rule): Wanted[] => {
		const amounts = { runs: 1, tokens: 0, money: 0, storage: null } as const satisfies Record<
			BudgetMeasure,
			number | null
		>;
		const amount = amounts[rule.measure];
		return amount === null ? [] : [{ ...rule, amount }];
	});
	const [ofRuns, ofCalls] = [
		wanted.filter(({ measure }) => measure === "runs"),
		wanted.filter(({ measure }) => measure !== "runs"),
	];
	if (ofRuns.length > 0) await hold(tx, [{ callId: runId, ttlMs: 0, wanted: ofRuns }], true);
	for (const rule of ofCalls) await expectLeft(tx, rule, rule.measure === "tokens" ? tokens : 1);
}

/** A look without a hold: a run whose first call would be refused is not begun. Its calls hold back what they take themselves. */
async function expectLeft(tx: Tx, rule: Wanted, amount: number): Promise<void> {
	const [row] = await tx.execute<{ used: string | null; held: string }>(sql`
		select (select used from budget_counters where budget_id = ${rule.id} and subject = ${rule.part}
				and starts_at = date_trunc(${rule.span}, now(), 'UTC')) as used,
			(select coalesce(sum(reserved), 0) from budget_holds where budget_id = ${rule.id} and subject = ${rule.part}
				and starts_at = date_trunc(${rule.span}, now(), 'UTC') and settled is null and expires_at > now()) as held`);
	const used = row?.used === null || row === undefined ? await openingOf(tx, rule) : Number(row.used);
	if (used + Number(row?.held ?? 0) + amount > rule.most) throw await budgetMet(tx, rule);
}
