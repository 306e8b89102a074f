import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sql } from "drizzle-orm";
import type { Database, Tx } from "./connection";

/** Why the schema can't be brought to this version: says what to do. */
export class MigrationProblem extends Error {
	override readonly name = "MigrationProblem";
}

type Migration = { name: string; hash: string; up: string[]; down: string };
type Applied = { name: string; hash: string };

/** Brings the schema up to this version; answers with the names that it applied. */
export async function migrateUp(database: Database, folder = migrationsFolder()): Promise<string[]> {
	const migrations = await readMigrations(folder);
	const done: string[] = [];
	for (;;) {
		const name = await database.transaction((tx) => applyNext(tx, migrations, folder));
		if (name === null) return done;
		done.push(name);
	}
}

/** Takes back the newest `count` migrations, newest first; answers with their names. */
export async function migrateDown(database: Database, count: number, folder = migrationsFolder()): Promise<string[]> {
	const migrations = await readMigrations(folder);
	const done: string[] = [];
	while (done.length < count) {
		const name = await database.transaction((tx) => revertLast(tx, migrations));
		if (name === null) return done;
		done.push(name);
	}
	return done;
}

async function applyNext(tx: Tx, migrations: Migration[], folder: string): Promise<string | null> {
	const applied = await lockedHistory(tx);
	compare(applied, migrations);
	const next = migrations[applied.length];
	if (!next) {
		await expectTables(tx, folder, applied.length - 1);
		return null;
	}
	try {
		for (const statement of next.up) await tx.execute(sql.raw(statement));
	} catch (error) {
		throw new MigrationProblem(
			`Migration ${next.name} failed, and nothing of it was kept: ${reason(error)}. Mend the cause, then start again.`,
			{ cause: error },
		);
	}
	await tx.execute(sql`insert into migrations.applied (name, hash) values (${next.name}, ${next.hash})`);
	return next.name;
}

async function revertLast(tx: Tx, migrations: Migration[]): Promise<string | null> {
	const applied = await lockedHistory(tx);
	compare(applied, migrations);
	const last = migrations[applied.length - 1];
	if (!last) return null;
	await tx.execute(sql.raw(last.down));
	await tx.execute(sql`delete from migrations.applied where name = ${last.name}`);
	return last.name;
}

/** One migrates at a time; who comes second waits here and then finds the work done. */
async function lockedHistory(tx: Tx): Promise<Applied[]> {
	await tx.execute(sql`set local statement_timeout = 0`);
	await tx.execute(sql`set local lock_timeout = '60s'`);
	await tx.execute(sql`select pg_advisory_xact_lock(hashtext('quarterdeck migrations'))`);
	await tx.execute(sql`create schema if not exists migrations`);
	await tx.execute(sql`create table if not exists migrations.applied (
		name text primary key, hash text not null, applied_at timestamptz not null default now())`);
	const rows = await tx.execute<Applied>(sql`select name, hash from migrations.applied order by name`);
	return [...rows];
}

/** What was applied must be the beginning of what this version has, unchanged. */
function compare(applied: Applied[], migrations: Migration[]): void {
	const known = new Set(migrations.map(({ name }) => name));
	const unknown = applied.filter(({ name }) => !known.has(name)).map(({ name }) => name);
	if (unknown.length > 0) {
		throw new MigrationProblem(
			`The database is newer than this version: it has ${unknown.join(", ")}, which this version does not know. Start the version that made it, or restore a backup from before.`,
		);
	}
	for (const [index, { name, hash }] of applied.entries()) {
		const expected = migrations[index];
		if (expected?.name !== name) {
			throw new MigrationProblem(
				`The database is half migrated: it has ${name} but lacks ${expected?.name}. Restore a backup, or start with an empty database.`,
			);
		}
		if (expected.hash !== hash) {
			throw new MigrationProblem(
				`Migration ${name} was changed after it had been applied. Put its file back as it was, and write a new migration for the change.`,
			);
		}
	}
}

/** A restore that broke off leaves a full history over missing tables: the newest snapshot knows what must be there. */
async function expectTables(tx: Tx, folder: string, index: number): Promise<void> {
	const snapshot = await readSnapshot(folder, index);
	if (!snapshot) return;
	const rows = await tx.execute<{ place: string }>(
		sql`select table_name || '.' || column_name as place from information_schema.columns where table_schema = 'public'`,
	);
	const present = new Set(rows.map(({ place }) => place));
	for (const table of Object.values(snapshot.tables)) {
		for (const column of Object.keys(table.columns)) {
			if (present.has(`${table.name}.${column}`)) continue;
			throw new MigrationProblem(
				`The database is half migrated: ${table.name}.${column} is missing although its migration was applied. Restore a backup, or start with an empty database.`,
			);
		}
	}
}

type Snapshot = { tables: Record<string, { name: string; columns: Record<string, unknown> }> };

async function readSnapshot(folder: string, index: number): Promise<Snapshot | null> {
	const file = join(folder, "meta", `${String(index).padStart(4, "0")}_snapshot.json`);
	return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Snapshot) : null;
}

/** Reads drizzle-kit's journal and, beside each of its files, the hand-written way back. */
export async function readMigrations(folder = migrationsFolder()): Promise<Migration[]> {
	const journal = JSON.parse(await readFile(join(folder, "meta", "_journal.json"), "utf8")) as {
		entries: { tag: string }[];
	};
	return Promise.all(
		journal.entries.map(async ({ tag: name }) => {
			const up = await readSql(join(folder, `${name}.sql`));
			const back = join(folder, `${name}.down.sql`);
			if (!existsSync(back))
				throw new MigrationProblem(`Migration ${name} has no way back: write ${name}.down.sql beside it.`);
			return {
				name,
				hash: createHash("sha256").update(up).digest("hex"),
				up: up.split("--> statement-breakpoint"),
				down: await readSql(back),
			};
		}),
	);
}

/** Git may have given the file other line ends than where it was applied first. */
const readSql = async (file: string): Promise<string> => (await readFile(file, "utf8")).replaceAll("\r\n", "\n");

/** From the source and from a bundle alike: the nearest folder above that has it. */
function migrationsFolder(): string {
	for (let at = import.meta.dirname; at !== dirname(at); at = dirname(at)) {
		const folder = join(at, "db", "migrations");
		if (existsSync(join(folder, "meta", "_journal.json"))) return folder;
	}
	throw new MigrationProblem("The folder db/migrations is missing: install this version again.");
}

function reason(error: unknown): string {
	let at = error;
	while (at instanceof Error && at.cause instanceof Error) at = at.cause;
	return at instanceof Error ? at.message : String(at);
}
