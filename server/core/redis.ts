import { Redis } from "ioredis";
import { env } from "./env";
import { log } from "./log";

// On globalThis: pages and our own door are bundled apart, and share one connection.
const global = globalThis as { quarterdeckRedis?: Redis | null };

/** The Redis that several processes share their counts in; null where none is set, and each counts for itself. */
export function redis(): Redis | null {
	if (global.quarterdeckRedis === undefined) {
		const url = env().REDIS_URL;
		global.quarterdeckRedis = url ? openRedis(url) : null;
	}
	return global.quarterdeckRedis;
}

/**
 * A connection that never makes its user wait: what can't be sent at once, or is not answered in half a second, fails, and
 * the caller does without. It comes back by itself.
 */
export function openRedis(url: string): Redis {
	const connection = new Redis(url, {
		enableOfflineQueue: false,
		maxRetriesPerRequest: 0,
		connectTimeout: 2_000,
		commandTimeout: 500,
		retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
		connectionName: process.title,
	});
	let isAway = false;
	connection.on("error", (error) => {
		if (!isAway) log.warn({ code: "code" in error ? error.code : error.name }, "Redis is away");
		isAway = true;
	});
	connection.on("ready", () => {
		if (isAway) log.info("Redis is back");
		isAway = false;
	});
	return connection;
}

/** For entry points that open their own, and for tests; null counts in process. */
export function setRedis(connection: Redis | null): void {
	global.quarterdeckRedis = connection;
}
