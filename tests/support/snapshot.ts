import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";

/** What the database holds, table by table, as counts and hashes; but for what is written about every call. */
export async function snapshot(db: Database): Promise<Record<string, string>> {
	const tables = await db.orm.execute<{ name: string }>(
		sql`select tablename as name from pg_tables where schemaname = 'public'
			and tablename !~ '^(audit_|idempotency_|procedure_callers)' order by 1`,
	);
	const parts = tables.map(
		({ name }) =>
			sql`select ${name}::text as name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as state
				from ${sql.identifier(name)} t`,
	);
	const rows = await db.orm.execute<{ name: string; state: string }>(sql.join(parts, sql` union all `));
	return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}
