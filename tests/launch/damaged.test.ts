import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Database } from "@/db/connection";
import { openDataFolder } from "@/server/launch/data-folder";
import { startTestPostgres, type TestPostgres } from "@/tests/support/postgres";
import type { Product } from "@/tests/support/product";
import { launching, leftIn } from "./launching";

const { start, begin, data } = launching();

/** What is left of the output beside the lines of stages that went well: the one line for the person. */
async function refusal(product: Product): Promise<string> {
	expect(await product.ended).toBe(1);
	const lines = product
		.output()
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "" && !/^[✓✗] /.test(line));
	expect(lines).toHaveLength(1);
	expect(leftIn(data())).toEqual([]);
	return lines[0] ?? "";
}

test.each([
	["a file that PostgreSQL needs is gone", (folder: string) => rmSync(join(folder, "global", "pg_control"))],
	[
		"a file that PostgreSQL needs is cut off",
		(folder: string) => truncateSync(join(folder, "global", "pg_control"), 100),
	],
	["it has lost its version", (folder: string) => rmSync(join(folder, "PG_VERSION"))],
	["its settings are garbage", (folder: string) => writeFileSync(join(folder, "postgresql.conf"), "\u0000%%%")],
	["its transaction log is gone", (folder: string) => rmSync(join(folder, "pg_wal"), { recursive: true })],
])("a damaged database: %s", async (_what, spoil) => {
	await begin();
	spoil(join(data(), "postgres"));
	const line = await refusal(await start());
	expect(line).toContain(`The database in ${join(data(), "postgres")} is damaged`);
	expect(line).toContain("restore it from a backup");
});

test("damaged secrets are told, not made anew over a database that needs the old ones", async () => {
	await begin();
	writeFileSync(join(data(), "secrets.json"), "{}");
	expect(await refusal(await start())).toContain("secrets.json is damaged");
	expect(readFileSync(join(data(), "secrets.json"), "utf8")).toBe("{}");
});

test("a first start that broke off while the database was being made is done again", async () => {
	mkdirSync(join(data(), "postgres.half", "base"), { recursive: true });
	writeFileSync(join(data(), "postgres.half", "PG_VERSION"), "18\n");
	await (await start()).ready;
});

test("a database of another major version is not touched", async () => {
	await begin();
	writeFileSync(join(data(), "postgres", "PG_VERSION"), "17\n");
	expect(await refusal(await start())).toContain("was made by PostgreSQL 17, and this version brings 18");
});

test("a data folder on a full disk is told with what is free", async () => {
	const disk = join(data(), "small");
	mkdirSync(disk);
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk]);
	try {
		expect(await refusal(await start({ data: disk }))).toMatch(/The disk is full: \d+ MB are free where .*small lies/);
	} finally {
		execFileSync("umount", [disk]);
	}
});

test("a data folder that can't be written is told", async () => {
	const file = join(data(), "a-file");
	writeFileSync(file, "");
	await expect(openDataFolder(join(file, "below"))).rejects.toThrow();
});

let server: TestPostgres;
beforeAll(async () => {
	server = await startTestPostgres();
});
afterAll(() => server.stop());

async function withDatabase<T>(name: string, work: (database: Database) => Promise<T>): Promise<T> {
	const database = new Database({ url: server.url(name), pool: 1 });
	return work(database).finally(() => database.close());
}

test("with DATABASE_URL it runs on that server and brings none of its own", async () => {
	await withDatabase("postgres", (admin) => admin.sql`create database outside`);
	const product = await start({ env: { DATABASE_URL: server.url("outside") } });
	await product.ready;
	expect(Object.keys(product.pids()).toSorted()).toEqual(["launcher", "web", "worker"]);
	expect((await product.stop()).code).toBe(0);
});

test.each([
	[
		"newer than this version",
		(db: Database) => db.sql`insert into migrations.applied (name, hash) values ('9999_later', 'x')`,
	],
	["was changed after it had been applied", (db: Database) => db.sql`update migrations.applied set hash = 'x'`],
	["half migrated", (db: Database) => db.sql`drop table setup`],
])("a database that is %s stops the start", async (what, spoil) => {
	const name = `spoilt_${Date.now()}`;
	await withDatabase("postgres", (admin) => admin.sql.unsafe(`create database ${name}`));
	const env = { DATABASE_URL: server.url(name) };
	const product = await start({ env });
	await product.ready;
	await product.stop();
	await withDatabase(name, async (db) => void (await spoil(db)));
	expect(await refusal(await start({ env }))).toContain(what);
});
