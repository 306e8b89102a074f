import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import type { AuditEntry, AuditFilter } from "../contract";
import { type EntryRow, sealedColumns, toEntry } from "./entry";
import { conditions, slack } from "./list-audit";

/** An entry that has its place in the chain. */
export type SealedEntry = AuditEntry & { seq: number; sealedAt: Date; hash: string };

const isSealed = (entry: AuditEntry): entry is SealedEntry => entry.seq !== null;

/** Entries of the chain in its order, those after number `after` and up to number `to` that the filter lets through. */
export async function readSealed(
	db: Reader,
	{ filter = {}, after, to, limit }: { filter?: AuditFilter; after: number; to: number; limit: number },
): Promise<SealedEntry[]> {
	const isByAddress = filter.address !== undefined;
	const seq = sql.raw(isByAddress ? "p.seq" : "l.seq");
	const from = isByAddress
		? sql`audit_personal p join audit_log l on l.seq = p.seq and l.sealed_at = p.sealed_at`
		: sql`audit_log l`;
	const rows = await db.execute<EntryRow>(sql`
		with page as materialized (
			select ${sealedColumns} from ${from}
			where ${seq} > ${after} and ${seq} <= ${to} and ${conditions(filter, sql.raw("p.actor"))}
			order by ${seq} limit ${limit}
		)
		select page.*, p.actor, p.subject from page
			left join audit_personal p on p.seq = page.seq and p.sealed_at = page.sealed_at
			order by page.seq`);
	return rows.map(toEntry).filter(isSealed);
}

/** The numbers between which entries of these times lie, as near as one index look-up each tells. */
export async function seqBounds(db: Reader, { from, to }: AuditFilter): Promise<{ after: number; to: number }> {
	const [row] = await db.execute<{ first: string; size: string }>(sql`select
		${from ? sql`coalesce((select seq from audit_log where at < ${from}::timestamptz - ${slack} order by at desc limit 1), 0)` : sql`0`} as first,
		least((select size from audit_chain), ${
			to
				? sql`(select seq from audit_log where at > ${to}::timestamptz + ${slack} order by at limit 1)`
				: sql`null::bigint`
		}) as size`);
	return { after: Number(row?.first ?? 0), to: Number(row?.size ?? 0) };
}
