import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { redis } from "@/server/core/redis";
import { eventsChannel } from "./events";

const channel = `quarterdeck:${eventsChannel}`;

/**
 * Whether those who follow runs are told of events through Redis: where one is set and there. Otherwise PostgreSQL tells them, which
 * has all transactions that tell something commit one after the other.
 */
export const tellsByRedis = (): boolean => redis()?.status === "ready";

/** Tells of what was committed. Where Redis does not take it, PostgreSQL tells it; and who hears of neither looks by themselves. */
export async function publish(db: Database, notices: readonly string[]): Promise<void> {
	const connection = redis();
	// Sent in their order, all at once.
	const tell = async (notice: string) => {
		const heard = await connection?.publish(channel, notice).catch(() => undefined);
		if (heard === undefined) await db.orm.execute(sql`select pg_notify(${eventsChannel}, ${notice})`).catch(() => {});
	};
	await Promise.all(notices.map(tell));
}

/** Hears what is told through Redis, where one is set; `onGap` after each time that something may have been missed. */
export function hearByRedis(onNotice: (notice: string) => void, onGap: () => void): void {
	const ear = redis()?.duplicate({ autoResubscribe: false });
	// That it is away is said by the connection that sends.
	ear?.on("error", () => {});
	ear?.on("message", (_, notice: string) => onNotice(notice));
	ear?.on("ready", () => void ear.subscribe(channel).then(onGap, () => ear.disconnect(true)));
}
