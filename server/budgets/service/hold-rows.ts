import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import { openingOf } from "./opening";
import { budgetMet } from "./refusal";
import type { Bound } from "./rules";

export type Wanted = Bound & { amount: number };
/** What one call holds back of each budget that binds it, and until when, in ms from now. */
export type CallHeld = { callId: string; ttlMs: number; wanted: readonly Wanted[] };
type Counter = { id: string; part: string; used: string; held: string };

/**
 * The same as `hold` in a single journey, for the many times in which every counter is there and has room for all of the calls.
 * False where that is not so: then nothing was held, and `hold` makes what is missing, or says which budget is met.
 */
export async function holdWhereThereIsRoom(db: Database, calls: readonly CallHeld[]): Promise<boolean> {
	const each = calls.flatMap(({ callId, ttlMs, wanted }) =>
		wanted.map((rule) => ({ callId, ttlMs, most: rule.most, ...rowOf(rule) })),
	);
	const [row] = await db.orm.execute<{ isHeld: boolean }>(
		sql`select budget_hold(${JSON.stringify(each)}::text::jsonb) as "isHeld"`,
	);
	return row?.isHeld ?? false;
}

/**
 * Takes the counters' rows in one order, so that of any number at once each sees what those before it hold; what is held by
 * the dead is counted until it expires. All of the calls, or none. `isSettled`: what is held is taken at once.
 */
export async function hold(tx: Tx, calls: readonly CallHeld[], isSettled = false): Promise<void> {
	const sums = summed(calls);
	const asked = sql`jsonb_to_recordset(${JSON.stringify(sums.map(rowOf))}::text::jsonb)
		as w(id uuid, part text, span text)`;
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
	const counters = new Map(found.map((row) => [keyOf(row), Number(row.used) + Number(row.held)]));
	for (const rule of sums) {
		const isNew = locked.some((row) => row.isNew && keyOf(row) === keyOf(rule));
		// Made in the middle of its day or month: what was taken before counts too.
		const taken = isNew ? await open(tx, rule) : counters.get(keyOf(rule));
		if (taken === undefined) throw new Error("what was taken of a budget could not be looked up");
		if (taken + rule.amount > rule.most) throw await budgetMet(tx, rule);
	}
	const each = JSON.stringify(
		calls.flatMap(({ callId, ttlMs, wanted }) => wanted.map((rule) => ({ callId, ttlMs, ...rowOf(rule) }))),
	);
	await tx.execute(sql`
		with held as (
			insert into budget_holds (call_id, budget_id, subject, starts_at, measure, reserved, settled, expires_at)
			select w."callId", w.id, w.part, ${startsAt}, w.measure, w.amount, case when ${isSettled} then w.amount end,
				now() + w."ttlMs" * interval '1 millisecond'
			from jsonb_to_recordset(${each}::text::jsonb)
				as w("callId" uuid, "ttlMs" float8, id uuid, part text, span text, measure text, amount bigint)
			returning budget_id, subject, starts_at, settled
		), sums as (
			select budget_id, subject, starts_at, sum(settled) as taken from held where settled is not null group by 1, 2, 3
		)
		update budget_counters c set used = c.used + s.taken from sums s
		where c.budget_id = s.budget_id and c.subject = s.subject and c.starts_at = s.starts_at`);
}

const keyOf = ({ id, part }: { id: string; part: string }): string => `${id} ${part}`;
const rowOf = ({ id, part, span, measure, amount }: Wanted) => ({ id, part, span, measure, amount });

/** What all of the calls together want of each budget. */
function summed(calls: readonly CallHeld[]): Wanted[] {
	const sums = new Map<string, Wanted>();
	for (const rule of calls.flatMap(({ wanted }) => wanted)) {
		const before = sums.get(keyOf(rule))?.amount ?? 0;
		sums.set(keyOf(rule), { ...rule, amount: before + rule.amount });
	}
	return [...sums.values()];
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
