import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { emptyDatabase } from "@/tests/support";
import { migrateDown, migrateUp } from "./migrate";

const name = "run_months";

/** The migrations as they were before the one that parts the events by months, and how many came with it. */
async function former(): Promise<{ folder: string; since: number }> {
	const folder = await mkdtemp(join(inject("temporary"), "migrations-"));
	await cp(join(import.meta.dirname, "migrations"), folder, { recursive: true });
	const file = join(folder, "meta", "_journal.json");
	const journal = JSON.parse(await readFile(file, "utf8"));
	const at = journal.entries.findIndex(({ tag }: { tag: string }) => tag.endsWith(name));
	const since = journal.entries.length - at;
	journal.entries = journal.entries.slice(0, at);
	await writeFile(file, JSON.stringify(journal));
	return { folder, since };
}

test("events that were stored before are kept through the months' migration, and through the way back", async () => {
	const database = await emptyDatabase();
	const { folder, since } = await former();
	await migrateUp(database, folder);
	await database.sql`
		with person as (insert into users (name, email, role) values ('Ann', 'ann@example.test', 'staff') returning id),
		agent as (insert into agents (name) values ('A') returning id),
		version as (insert into agent_versions (agent_id, version) select id, 1 from agent returning id, agent_id),
		thread as (insert into threads (user_id, agent_id, title) select p.id, a.id, '' from person p, agent a returning id, user_id),
		asked as (insert into runs (thread_id, user_id, agent_id, agent_version_id, question, request_id, state, created_at)
			select t.id, t.user_id, v.agent_id, v.id, 'Q', 'r', 'succeeded', now() - make_interval(days => n * 25)
			from thread t, version v, generate_series(0, 9) n returning id)
		insert into run_events (run_id, seq, type, data, at)
			select a.id, seq, 'answer.delta', jsonb_build_object('text', seq::text), now() - make_interval(secs => seq)
			from asked a, generate_series(1, 20) seq`;
	const stored = () => database.sql`select run_id, seq, type, data, at from run_events order by run_id, seq`;
	const before = await stored();
	expect(before).toHaveLength(200);
	await migrateUp(database);
	expect(await stored()).toEqual(before);
	const places =
		await database.sql`select count(distinct e.tableoid)::int as n, bool_or(e.tableoid = 'run_events_rest'::regclass) as rest,
		bool_and(e.run_at = r.created_at) as same from run_events e join runs r on r.id = e.run_id`;
	expect(places[0]).toMatchObject({ rest: false, same: true });
	expect(places[0]?.n).toBeGreaterThan(5);
	await migrateDown(database, since);
	expect(await stored()).toEqual(before);
	await database.sql`delete from runs`;
	expect(await stored()).toEqual([]);
});
