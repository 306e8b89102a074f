import { randomUUID } from "node:crypto";
import type { Database } from "@/db/connection";
import type { Actor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";

/** What the start command does before anybody signed in. */
export const demoJob: Actor = { kind: "job", job: "demo", onBehalfOf: null };

/** One act of a demo person: a request of its own, as if it had come from outside. */
export const demoContext = (db: Database, actor: Actor): ServiceContext => ({
	db,
	actor,
	via: "start",
	requestId: randomUUID(),
	origin: { address: null, userAgent: null },
});

type Page = { limit: number; cursor?: string | undefined };

/** All rows of a list that comes in pages. */
export async function everyRow<T>(list: (page: Page) => Promise<{ rows: T[]; next: string | null }>): Promise<T[]> {
	const found: T[] = [];
	for (let cursor: string | undefined; ; ) {
		const { rows, next } = await list({ limit: 100, cursor });
		found.push(...rows);
		if (next === null) return found;
		cursor = next;
	}
}
