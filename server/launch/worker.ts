import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { eq, lt, sql } from "drizzle-orm";
import { workers } from "@/db/schema";
import { database } from "@/server/core/database";
import { log } from "@/server/core/log";
import { onStop } from "./child";

const beatMs = 5_000;
const db = database();
const id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;

/** Tells that this process is alive and how much memory it holds; clears away those that are long gone. */
async function beat(): Promise<void> {
	const { rss, heapUsed } = process.memoryUsage();
	const now = { rssMb: Math.round(rss / 1024 ** 2), heapMb: Math.round(heapUsed / 1024 ** 2), beatAt: sql`now()` };
	await db.orm
		.insert(workers)
		.values({ id, pid: process.pid, host: hostname(), ...now })
		.onConflictDoUpdate({ target: workers.id, set: now });
	await db.orm.delete(workers).where(lt(workers.beatAt, sql`now() - interval '10 minutes'`));
}

const tryBeat = () => beat().catch((error) => log.warn({ error: String(error) }, "no heartbeat"));

await tryBeat();
const timer = setInterval(tryBeat, beatMs);
log.info({ worker: id }, "worker started");

onStop(async () => {
	clearInterval(timer);
	await db.orm
		.delete(workers)
		.where(eq(workers.id, id))
		.catch(() => {});
	await db.close();
	log.info({ worker: id }, "worker stopped");
});
