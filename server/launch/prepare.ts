import { Database, isDatabaseAway } from "@/db/connection";
import { MigrationProblem, migrateUp } from "@/db/migrate";
import { setupCheckpoints } from "@/server/agents/checkpointer";
import { env } from "@/server/core/env";
import { issueSetupCode } from "@/server/users/service";
import { appUrl, grantApp } from "./app-role";
import { tell } from "./child";
import { LaunchProblem } from "./problem";

/** The `quarterdeck` database of our own PostgreSQL has yet to be made; with DATABASE_URL it is there. */
async function expectDatabase(url: string): Promise<void> {
	const database = new URL(url).pathname.slice(1);
	const admin = new URL(url);
	admin.pathname = "/postgres";
	const connection = new Database({ url: admin.href, pool: 1, statementTimeout: 60_000 });
	try {
		const [found] = await connection.sql`select 1 from pg_database where datname = ${database}`;
		if (!found) await connection.sql`create database ${connection.sql(database)}`;
	} finally {
		await connection.close();
	}
}

async function prepare(url: string): Promise<{ applied: string[]; setupCode: string | null }> {
	if (process.argv.includes("--own")) await expectDatabase(url);
	const database = new Database({ url, pool: 2, name: "quarterdeck-prepare" });
	try {
		await expectVersion(database);
		const applied = await migrateUp(database);
		await setupCheckpoints(url);
		if (process.argv.includes("--own")) await grantApp(database, appUrl(url));
		return { applied, setupCode: await issueSetupCode(database) };
	} finally {
		await database.close();
	}
}

async function expectVersion(database: Database): Promise<void> {
	const [row] = await database.sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`;
	if (row && row.version < 150_000) {
		throw new LaunchProblem(
			`The PostgreSQL of DATABASE_URL is version ${Math.floor(row.version / 10_000)}: 15 or newer is needed.`,
		);
	}
}

function describe(error: unknown): string {
	if (error instanceof LaunchProblem || error instanceof MigrationProblem) return error.message;
	const said = error instanceof Error ? error.message : String(error);
	if (/no space left/i.test(said)) return "The disk is full: free some space, then start again.";
	return isDatabaseAway(error)
		? `The database can't be used (${said}): check DATABASE_URL and that its server runs.`
		: `The database could not be prepared: ${said}.`;
}

const url = env().DATABASE_URL;
if (!url) throw new Error("DATABASE_URL is missing");
try {
	await tell({ kind: "prepared", ...(await prepare(url)) });
} catch (error) {
	await tell({ kind: "problem", message: describe(error) });
	process.exitCode = 1;
}
process.disconnect?.();
