import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { emptyDatabase } from "@/tests/support";
import type { Database } from "./connection";
import { MigrationProblem, migrateDown, migrateUp, readMigrations } from "./migrate";

const source = join(import.meta.dirname, "migrations");
let place: string;
beforeAll(async () => {
	place = await mkdtemp(join(inject("temporary"), "migrations-"));
});

/** Everything that migrations make, by name and definition. */
async function shape(database: Database): Promise<string[]> {
	const rows = await database.sql<{ line: string }[]>`
		select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
			|| ' ' || is_identity as line
		from information_schema.columns where table_schema = 'public'
		union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
		union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
			from pg_constraint where connamespace = 'public'::regnamespace
		union all select 'relation ' || relname || ' ' || relkind::text from pg_class where relnamespace = 'public'::regnamespace
		union all select 'function ' || p.oid::regprocedure || pg_get_functiondef(p.oid) from pg_proc p
			where pronamespace = 'public'::regnamespace and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
		union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
		union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace
		union all select 'extension ' || extname from pg_extension
		order by 1`;
	return rows.map(({ line }) => line);
}

/** A copy of the migrations to spoil. */
async function copyOfMigrations(): Promise<string> {
	const folder = await mkdtemp(join(place, "copy-"));
	await cp(source, folder, { recursive: true });
	return folder;
}

async function addMigration(folder: string, name: string, up: string, down: string | null): Promise<void> {
	const file = join(folder, "meta", "_journal.json");
	const journal = JSON.parse(await readFile(file, "utf8"));
	journal.entries.push({ idx: journal.entries.length, version: "7", when: Date.now(), tag: name, breakpoints: true });
	await writeFile(file, JSON.stringify(journal));
	await writeFile(join(folder, `${name}.sql`), up);
	if (down !== null) await writeFile(join(folder, `${name}.down.sql`), down);
}

const problem = (work: Promise<unknown>) =>
	work.then(
		() => "none",
		(error) => (error instanceof MigrationProblem ? error.message : Promise.reject(error)),
	);

test("all up, all down and all up again leave the same schema, and nothing in between", async () => {
	const database = await emptyDatabase();
	const empty = await shape(database);
	const names = await migrateUp(database);
	expect(names).toEqual((await readMigrations()).map(({ name }) => name));
	const full = await shape(database);
	expect(full.length).toBeGreaterThan(empty.length);
	expect(await migrateDown(database, names.length)).toEqual(names.toReversed());
	expect(await shape(database)).toEqual(empty);
	await migrateUp(database);
	expect(await shape(database)).toEqual(full);
});

test("a second run has nothing to do, and two at once do the work once", async () => {
	const database = await emptyDatabase();
	const [first, second] = await Promise.all([migrateUp(database), migrateUp(database)]);
	expect([...first, ...second].toSorted()).toEqual((await readMigrations()).map(({ name }) => name));
	expect(await migrateUp(database)).toEqual([]);
});

test("a migration without its way back is refused before anything runs", async () => {
	const database = await emptyDatabase();
	const folder = await copyOfMigrations();
	await addMigration(folder, "9000_added", "create table added (id int)", null);
	expect(await problem(migrateUp(database, folder))).toContain("write 9000_added.down.sql");
	expect((await shape(database)).some((line) => line.includes("users"))).toBe(false);
});

test("a failing migration is named and keeps nothing, while those before it stay", async () => {
	const database = await emptyDatabase();
	const folder = await copyOfMigrations();
	await addMigration(
		folder,
		"9000_added",
		"create table added (id int);\n--> statement-breakpoint\nselect 1 / 0",
		"drop table added",
	);
	expect(await problem(migrateUp(database, folder))).toMatch(
		/9000_added failed, and nothing of it was kept: division by zero/,
	);
	const lines = await shape(database);
	expect(lines).toContain("relation users r");
	expect(lines).not.toContain("relation added r");
});

test("a database that knows more migrations than the code is refused", async () => {
	const database = await emptyDatabase();
	const folder = await copyOfMigrations();
	await addMigration(folder, "9000_added", "create table added (id int)", "drop table added");
	await migrateUp(database, folder);
	expect(await problem(migrateUp(database))).toMatch(/newer than this version: it has 9000_added/);
	expect(await problem(migrateDown(database, 1))).toMatch(/newer than this version/);
});

test("a migration that was changed after it was applied is refused; other line ends are no change", async () => {
	const database = await emptyDatabase();
	const folder = await copyOfMigrations();
	await migrateUp(database, folder);
	const file = join(folder, "0000_init.sql");
	const text = await readFile(file, "utf8");
	await writeFile(file, text.replaceAll("\n", "\r\n"));
	expect(await migrateUp(database, folder)).toEqual([]);
	await writeFile(file, `${text}\nselect 1;`);
	expect(await problem(migrateUp(database, folder))).toContain("0000_init was changed after it had been applied");
});

test("a history over missing tables, or with a hole, is a half migrated database", async () => {
	const database = await emptyDatabase();
	const folder = await copyOfMigrations();
	await migrateUp(database, folder);
	await database.sql`alter table users rename column name to label`;
	expect(await problem(migrateUp(database, folder))).toContain("half migrated: users.name is missing");
	await addMigration(folder, "9000_added", "select 1", "select 1");
	const newest = (await readMigrations()).at(-1)?.name ?? "";
	await database.sql`update migrations.applied set name = '9000_added' where name = ${newest}`;
	expect(await problem(migrateUp(database, folder))).toContain(`half migrated: it has 9000_added but lacks ${newest}`);
});
