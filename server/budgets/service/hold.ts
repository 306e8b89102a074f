import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import type { BudgetMeasure, BudgetRule } from "../contract";
import { openingOf } from "./opening";
import { budgetMet } from "./refusal";
import { asksForPeople, type Bound, boundBy, peopleOf, readPeople, type Whose } from "./rules";

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
	await db.transaction((tx) => hold(tx, bound, asked));
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

export type Wanted = Bound & { amount: number };
type Counter = { id: string; part: string; used: string; held: string };

/**
 * Takes the counters' rows in one order, so that of any number at once each sees what those before it hold; what is held by
 * the dead is counted until it expires. `settled`: what is held is taken at once.
 */
export async function hold(
	tx: Tx,
	wanted: readonly Wanted[],
	{ callId, ttlMs = 0, isSettled = false }: { callId: string; ttlMs?: number; isSettled?: boolean },
): Promise<void> {
	const list = JSON.stringify(
		wanted.map(({ id, part, span, measure, amount }) => ({ id, part, span, measure, amount })),
	);
	const asked = sql`jsonb_to_recordset(${list}::text::jsonb) as w(id uuid, part text, span text, measure text, amount bigint)`;
	// Sent together; what is second looks only once the first holds the rows.
	const [locked, found] = await Promise.all([
		tx.execute<{ id: string; part: string; isNew: boolean }>(sql`
			insert into budget_counters (budget_id, subject, starts_at)
			select w.id, w.part, ${startsAt} from ${asked} order by 1, 2
			on conflict (budget_id, subject, starts_at) do update set used = budget_counters.used
			returning budget_id as id, subject as part, xmax = 0 as "isNew"`),
		tx.execute<Counter>(sql`
			select c.budget_id as id, c.subject as part, c.used, (
				select coalesce(sum(h.reserved), 0) from budget_holds h where h.budget_id = c.budget_id and h.subject = c.subject
					and h.starts_at = c.starts_at and h.settled is null and h.expires_at > clock_timestamp()) as held
			from ${asked} join budget_counters c on c.budget_id = w.id and c.subject = w.part and c.starts_at = ${startsAt}`),
	]);
	const counters = new Map(found.map((row) => [`${row.id} ${row.part}`, Number(row.used) + Number(row.held)]));
	for (const rule of wanted) {
		const key = `${rule.id} ${rule.part}`;
		const isNew = locked.some(({ id, part, isNew: now }) => now && `${id} ${part}` === key);
		// Made in the middle of its day or month: what was taken before counts too.
		const taken = isNew ? await open(tx, rule) : counters.get(key);
		if (taken === undefined) throw new Error("what was taken of a budget could not be looked up");
		if (taken + rule.amount > rule.most) throw await budgetMet(tx, rule);
	}
	await tx.execute(sql`
		with held as (
			insert into budget_holds (call_id, budget_id, subject, starts_at, measure, reserved, settled, expires_at)
			select ${callId}::uuid, w.id, w.part, ${startsAt}, w.measure, w.amount, case when ${isSettled} then w.amount end,
				now() + ${ttlMs} * interval '1 millisecond'
			from ${asked} returning budget_id, subject, starts_at, settled)
		update budget_counters c set used = c.used + held.settled from held
		where held.settled is not null and c.budget_id = held.budget_id and c.subject = held.subject and c.starts_at = held.starts_at`);
}

/** When the day or month of a rule began, as the database's clock has it. */
const startsAt = sql.raw("case w.span when 'always' then to_timestamp(0) else date_trunc(w.span, now(), 'UTC') end");

async function open(tx: Tx, rule: Wanted): Promise<number> {
	const opening = await openingOf(tx, rule);
	if (opening > 0)
		await tx.execute(sql`update budget_counters set opening = ${opening}, used = ${opening}
			where budget_id = ${rule.id} and subject = ${rule.part} and starts_at = date_trunc(${rule.span}, now(), 'UTC')`);
	return opening;
}

/**
 * What was held back becomes what was taken, in the transaction that writes the rows of those calls: so what was settled is
 * always what the rows say, and each is counted once.
 */
export async function settleCalls(tx: Tx, callIds: readonly string[]): Promise<void> {
	if (callIds.length === 0) return;
	const ids = JSON.stringify(callIds);
	const these = sql`(select value::uuid from jsonb_array_elements_text(${ids}::text::jsonb))`;
	// In the order in which they are held, so that nobody waits for each other.
	await tx.execute(sql`
		select 1 from budget_counters c where exists (select from budget_holds h where h.call_id in ${these} and h.settled is null
			and h.budget_id = c.budget_id and h.subject = c.subject and h.starts_at = c.starts_at)
		order by c.budget_id, c.subject, c.starts_at for update`);
	await tx.execute(sql`
		with settled as (
			update budget_holds h set settled = case h.measure when 'tokens' then m.input_tokens + m.output_tokens
				else coalesce(m.cost_micros, 0) end
			from model_calls m where m.id in ${these} and h.call_id = m.id and h.settled is null
			returning h.budget_id, h.subject, h.starts_at, h.settled
		), sums as (
			select budget_id, subject, starts_at, sum(settled) as taken from settled group by 1, 2, 3
		)
		update budget_counters c set used = c.used + s.taken from sums s
		where c.budget_id = s.budget_id and c.subject = s.subject and c.starts_at = s.starts_at`);
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
	if (ofRuns.length > 0) await hold(tx, ofRuns, { callId: runId, isSettled: true });
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
