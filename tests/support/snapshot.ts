import type { Database } from "@/db/connection";

/** One question for all tables, made once a database and prepared: planning it takes far longer than answering it. */
const questions = new WeakMap<Database, Promise<string>>();

async function questionOf(db: Database): Promise<string> {
	const tables = await db.sql<{ name: string }[]>`
		select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
			and not relispartition and relname !~ '^(audit_|idempotency_|procedure_callers)' order by 1`;
	const parts = tables.map(
		({ name }) =>
			`select '${name}' as name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as state from "${name}" t`,
	);
	return parts.join(" union all ");
}

/** What the database holds, table by table, as counts and hashes; but for what is written about every call. */
export async function snapshot(db: Database): Promise<Record<string, string>> {
	const question = questions.get(db) ?? questionOf(db);
	questions.set(db, question);
	const rows = await db.sql.unsafe<{ name: string; state: string }[]>(await question, [], { prepare: true });
	return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}
