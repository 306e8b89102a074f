import { type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { decodeCursor, encodeCursor } from "@/server/core/cursor";
import { type AuditFilter, type AuditPage, type ListAudit, toAuditFilter } from "../contract";
import { type EntryRow, pendingColumns, sealedColumns, toEntry } from "./entry";

/** Longest that an entry's transaction may have taken: how far the order of times and the order of numbers can differ. */
const slackMs = 600_000;
export const slack = sql.raw(`interval '${slackMs} milliseconds'`);

/**
 * Newest first, in the order of the chain; what is not sealed yet comes before, in the order of its writing. Pages stay as
 * they are while entries come in and are sealed. Whoever holds audit:read sees all of it: it has no rows of one's own.
 */
export async function listAudit(ctx: ServiceContext, { filter, limit, cursor }: ListAudit): Promise<AuditPage> {
	const asked = toAuditFilter(filter);
	const page = await readPage(ctx.db, { ...asked, limit, cursor });
	// What is looked for: who reads the audit is written down, once for each list that they open.
	if (!cursor) await audit(ctx, ctx.db.orm, { action: "audit.read", resource: "audit", detail: asked });
	return page;
}

type Asked = AuditFilter & { limit: number; cursor?: string | undefined };

/** Which list a cursor belongs to. */
export const listOf = (input: AuditFilter): string => JSON.stringify(["audit", Object.entries(input).toSorted()]);

export async function readPage(db: Database, { limit, cursor, ...input }: Asked): Promise<AuditPage> {
	const list = listOf(input);
	const place = placeOf(cursor, list);
	const most = limit + 1;
	let rows: Found[] = [];
	for (const months of monthsToTry(input, place)) {
		rows = await db.orm.execute<Found>(pageQuery(input, place, { most, months }));
		if (rows.length === most) break;
	}
	const shown = rows.slice(0, limit);
	const last = shown.at(-1);
	return {
		rows: shown.map(toEntry),
		next: rows.length > limit && last ? encodeCursor(placeAfter(place, last), list) : null,
	};
}

type Found = EntryRow & { size: string; first_id: string };
type Bounds = { most: number; months: Months };

function pageQuery(input: AuditFilter, place: Place, { most, months }: Bounds): SQL {
	return sql`
		with head as (select size from audit_chain),
		fresh as (${freshEntries(input, place, most)}),
		page as materialized (${sealedPage(input, place, { most, months })})
		select head.size, (select coalesce(min(id), 0) from audit_pending) as first_id, entry.*
		from head cross join (
			(select * from fresh)
			union all
			(select page.*, p.actor, p.subject from page
				left join audit_personal p on p.seq = page.seq and p.sealed_at = page.sealed_at and ${within(months, "p")}
				order by page.seq desc)
		) entry limit ${most}`;
}

/** Months of sealing, from and before. The time of sealing never runs backwards along the numbers of the chain. */
type Months = { from: Date | null; before: Date | null };

/**
 * Where a page is looked for: most fill in the newest months, and then no other month is planned for and read. What few entries
 * have is looked for in all of them at once.
 */
function monthsToTry(input: AuditFilter, place: Place): Months[] {
	const end = place.kind === "sealed" ? place.sealedAt : null;
	const before = end && monthOf(end, 1);
	// Nothing is sealed before it is written.
	if (input.from) return [{ from: monthOf(new Date(new Date(input.from).getTime() - slackMs)), before }];
	const whole = { from: null, before };
	const isRare = input.requestId ?? input.resourceId ?? input.runId;
	return isRare ? [whole] : [{ from: monthOf(end ?? new Date(), -1), before }, whole];
}

const monthOf = (at: Date, later = 0): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later, 1));

/** As words of the statement, not as parameters: a plan that is kept must know them. There are few, as they are months. */
function within({ from, before }: Months, table: "l" | "p"): SQL {
	const bounds = [
		...(from ? [`${table}.sealed_at >= timestamptz '${from.toISOString()}'`] : []),
		...(before ? [`${table}.sealed_at < timestamptz '${before.toISOString()}'`] : []),
	];
	return sql.raw(bounds.length > 0 ? bounds.join(" and ") : "true");
}

/**
 * Where a page begins: after an entry of the chain, or after one that was not sealed when the list was opened. Then the chain
 * had `size` entries, and `bound` is above the number of every entry that was waiting.
 */
type Place =
	| { kind: "start" }
	| { kind: "sealed"; seq: number; sealedAt: Date }
	| { kind: "fresh"; id: number; size: number; bound: number };

function placeOf(cursor: string | undefined, list: string): Place {
	const key = decodeCursor(cursor, list)?.map(Number);
	if (!key) return { kind: "start" };
	const [first = 0, second = 0, bound] = key;
	return bound === undefined
		? { kind: "sealed", seq: first, sealedAt: new Date(second) }
		: { kind: "fresh", size: first, id: second, bound };
}

function placeAfter(before: Place, last: Found): number[] {
	const { size, bound } =
		before.kind === "fresh"
			? before
			: // Each that waits has a number of its own; some may come late, out of longer transactions.
				{ size: Number(last.size), bound: Number(last.size) + Number(last.id) - Number(last.first_id) + 10_000 };
	const wasSealed = last.seq !== null && (before.kind !== "fresh" || Number(last.seq) <= size);
	return wasSealed ? [Number(last.seq), new Date(last.sealed_at ?? 0).getTime()] : [size, Number(last.id), bound];
}

/** Entries that were not sealed when the list was opened; some may be by now. */
function freshEntries(input: AuditFilter, place: Place, most: number): SQL {
	const where = conditions(input, sql.raw("l.actor"));
	switch (place.kind) {
		case "sealed":
			return sql`select ${pendingColumns} from audit_pending l where false`;
		case "start":
			return sql`select ${pendingColumns} from audit_pending l where ${where} order by l.id desc limit ${most}`;
		case "fresh":
			return sql`select * from (
				(select ${pendingColumns} from audit_pending l where l.id < ${place.id} and ${where})
				union all
				(select ${sealedColumns}, p.actor, p.subject from audit_log l
					left join audit_personal p using (seq, sealed_at)
					where l.seq > ${place.size} and l.seq <= ${place.bound} and l.id < ${place.id} and ${conditions(input, sql.raw("p.actor"))})
			) waiting order by id desc limit ${most}`;
	}
}

/** Entries of the chain, found by the index of one filter and in its order. */
function sealedPage(input: AuditFilter, place: Place, { most, months }: Bounds): SQL {
	const isByAddress = input.address !== undefined;
	const from = isByAddress
		? sql`audit_personal p join audit_log l on l.seq = p.seq and l.sealed_at = p.sealed_at`
		: sql`audit_log l`;
	const seq = sql.raw(isByAddress ? "p.seq" : "l.seq");
	const wanted = [conditions(input, sql.raw("p.actor")), within(months, isByAddress ? "p" : "l")];
	if (isByAddress && !asksNothingElse(input)) wanted.push(within(months, "l"));
	if (place.kind === "sealed") wanted.push(sql`${seq} < ${place.seq}`);
	if (place.kind === "fresh") wanted.push(sql`${seq} <= ${place.size}`);
	// The order of times is nearly that of numbers: bounds in numbers let every index skip what is too early or too late.
	if (input.from)
		wanted.push(
			sql`${seq} >= coalesce((select seq from audit_log where at < ${input.from}::timestamptz - ${slack} order by at desc limit 1), 0)`,
		);
	if (input.to)
		wanted.push(
			sql`${seq} <= coalesce((select seq from audit_log where at > ${input.to}::timestamptz + ${slack} order by at limit 1), 9007199254740991)`,
		);
	const where = sql.join(wanted, sql` and `);
	// The page is found among the addresses alone: joined first, every entry of the address would be fetched and sorted.
	if (isByAddress && asksNothingElse(input))
		return sql`select ${sealedColumns} from (
			select p.seq, p.sealed_at from audit_personal p where ${where} order by p.seq desc limit ${most}
		) found join audit_log l on l.seq = found.seq and l.sealed_at = found.sealed_at order by l.seq desc`;
	return sql`select ${sealedColumns} from ${from} where ${where} order by ${seq} desc limit ${most}`;
}

const columns = {
	userId: "l.user_id",
	actorId: "l.actor_id",
	via: "l.via",
	action: "l.action",
	resourceKind: "l.resource_kind",
	resourceId: "l.resource_id",
	outcome: "l.outcome",
	requestId: "l.request_id",
	runId: "l.run_id",
} satisfies Partial<Record<keyof AuditFilter, string>>;
// Object.entries forgets the names that the table has.
const named = Object.entries(columns) as [keyof typeof columns, string][];

const asksNothingElse = (input: AuditFilter): boolean =>
	!input.from && !input.to && named.every(([name]) => input[name] === undefined);

export function conditions(input: AuditFilter, actor: SQL): SQL {
	const wanted = named.flatMap(([name, column]) =>
		input[name] === undefined ? [] : [sql`${sql.raw(column)} = ${input[name]}`],
	);
	if (input.address !== undefined) wanted.push(sql`${actor} ->> 'address' = ${input.address}`);
	// Not for the index of times: by it, PostgreSQL would fetch and sort a whole day where a page of it is wanted.
	if (input.from) wanted.push(sql`l.at + interval '0' >= ${input.from}::timestamptz`);
	if (input.to) wanted.push(sql`l.at + interval '0' < ${input.to}::timestamptz`);
	return wanted.length > 0 ? sql.join(wanted, sql` and `) : sql.raw("true");
}
