import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { Database } from "@/db/connection";
import { migrateUp } from "@/db/migrate";
import { startTestPostgres } from "./postgres";

declare module "vitest" {
	interface ProvidedContext {
		/** Of the `postgres` database: from it, others are made. */
		adminUrl: string;
		temporary: string;
		authSecret: string;
	}
}

export const template = "template_quarterdeck";

/** One PostgreSQL for the whole run, with a migrated database that every test file gets a copy of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const server = await startTestPostgres();
	try {
		const admin = new Database({ url: server.url("postgres"), pool: 1 });
		await admin.sql.unsafe(`create database ${template}`);
		const database = new Database({ url: server.url(template), pool: 2 });
		await migrateUp(database);
		await database.close();
		// A copy can be made only while nobody is connected.
		await admin.sql.unsafe(`alter database ${template} with allow_connections false is_template true`);
		await admin.close();
	} catch (error) {
		await server.stop();
		throw error;
	}
	project.provide("adminUrl", server.url("postgres"));
	project.provide("temporary", server.folder);
	project.provide("authSecret", randomBytes(32).toString("hex"));
	return server.stop;
}
