import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { Database } from "@/db/connection";
import { template } from "./global-setup";

const opened: { database: Database; name: string }[] = [];

/** A migrated database for this test file alone. It is closed and dropped when the file is done. */
export async function testDatabase(): Promise<Database> {
	const name = `test_${randomBytes(8).toString("hex")}`;
	await asAdmin((admin) => admin.sql.unsafe(`create database ${name} template ${template} strategy file_copy`));
	const database = new Database({ url: testDatabaseUrl(name), pool: 5, name });
	opened.push({ database, name });
	return database;
}

/** An empty one, to migrate. Dropped like the other. */
export async function emptyDatabase(): Promise<Database> {
	const name = `test_${randomBytes(8).toString("hex")}`;
	await asAdmin((admin) => admin.sql.unsafe(`create database ${name}`));
	const database = new Database({ url: testDatabaseUrl(name), pool: 5, name });
	opened.push({ database, name });
	return database;
}

/** For code that makes its own connections: the address of a database that `testDatabase` made. */
export function urlOf(database: Database): string {
	const found = opened.find((entry) => entry.database === database);
	if (!found) throw new Error("Only a database of testDatabase() has an address here");
	return testDatabaseUrl(found.name);
}

export async function dropTestDatabases(): Promise<void> {
	for (const { database, name } of opened.splice(0)) {
		await database.close();
		await asAdmin((admin) => admin.sql.unsafe(`drop database if exists ${name} with (force)`));
	}
}

function testDatabaseUrl(name: string): string {
	const url = new URL(inject("adminUrl"));
	url.pathname = `/${name}`;
	return url.href;
}

async function asAdmin(work: (admin: Database) => Promise<unknown>): Promise<void> {
	const admin = new Database({ url: inject("adminUrl"), pool: 1, statementTimeout: 60_000, lockTimeout: 60_000 });
	try {
		await work(admin);
	} finally {
		await admin.close();
	}
}
