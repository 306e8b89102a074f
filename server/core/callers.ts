import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { procedureCallers } from "@/db/schema";
import { type Actor, actorUser, type Via } from "./actor";
import { log } from "./log";

type Seen = {
	id: string;
	procedure: string;
	userId: string;
	kind: string;
	via: Via;
	calls: number;
	lastCode: string;
	lastAt: Date;
};
/** What was called since it was last written down. */
type Heap = { seen: Map<string, Seen>; db: Database | null; isDue: boolean };

/** Written down after this long, in ms, in one statement: nobody's call waits for it. */
const restMs = 5_000;
/** Ways of calling that are remembered between two writings; those beyond are not. */
const most = 5_000;

// On globalThis: pages and our own door are bundled apart, and count into one.
const global = globalThis as { quarterdeckCallers?: Heap };
global.quarterdeckCallers ??= { seen: new Map(), db: null, isDue: false };
const heap = global.quarterdeckCallers;

/** Remembers that somebody called; strangers are not remembered. */
export function noteCaller(db: Database, actor: Actor, call: { procedure: string; via: Via; code: string }): void {
	const person = actorUser(actor);
	if (!person) return;
	const { procedure, via, code: lastCode } = call;
	const id = `${procedure} ${person.userId} ${actor.kind} ${via}`;
	const known = heap.seen.get(id);
	if (!known && heap.seen.size >= most) return;
	const lastAt = new Date();
	const calls = (known?.calls ?? 0) + 1;
	heap.seen.set(id, { id, procedure, userId: person.userId, kind: actor.kind, via, calls, lastCode, lastAt });
	heap.db = db;
	if (heap.isDue) return;
	heap.isDue = true;
	setTimeout(() => void writeCallers(), restMs).unref();
}

/** Writes down who called. Call before the process ends. */
export async function writeCallers(): Promise<void> {
	const { db } = heap;
	const rows = [...heap.seen.values()];
	heap.seen.clear();
	heap.isDue = false;
	if (!db || rows.length === 0) return;
	const list = sql.join(
		rows.map(
			(row) =>
				sql`(${row.id}, ${row.procedure}, ${row.userId}::uuid, ${row.kind}, ${row.via}, ${row.calls}::int, ${row.lastCode}, ${row.lastAt.toISOString()}::timestamptz)`,
		),
		sql`, `,
	);
	// An account may have been removed since it called.
	await db.orm
		.execute(
			sql`insert into ${procedureCallers} (id, procedure, user_id, kind, via, calls, last_code, last_at)
				select seen.* from (values ${list}) as seen(id, procedure, user_id, kind, via, calls, last_code, last_at)
				where exists (select from users where users.id = seen.user_id)
				order by 1
				on conflict (id) do update set calls = procedure_callers.calls + excluded.calls,
					last_code = excluded.last_code, last_at = greatest(procedure_callers.last_at, excluded.last_at)`,
		)
		.catch((error: unknown) => log.warn({ err: error }, "who called what could not be written down"));
}
