import { Database } from "@/db/connection";
import { env } from "./env";
import { log } from "./log";

const global = globalThis as { quarterdeckDatabase?: Database };

/** The process's database. Kept on globalThis, where hot reloading leaves it alone. */
export function database(): Database {
	if (!global.quarterdeckDatabase) {
		const url = env().DATABASE_URL;
		if (!url) throw new Error("DATABASE_URL is missing: start with `npm start`, which brings a database");
		global.quarterdeckDatabase = new Database({
			url,
			pool: env().QD_DATABASE_POOL,
			name: process.title,
			onSlow: ({ query, ms, plan }) => log.warn({ query, ms, plan }, "slow query"),
		});
	}
	return global.quarterdeckDatabase;
}

/** For entry points that open their own, and for tests. */
export function useDatabase(database: Database): void {
	global.quarterdeckDatabase = database;
}
