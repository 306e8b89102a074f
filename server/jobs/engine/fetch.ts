import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import { getAsyncCtx } from "inngest/experimental";
import { encodeTime, ulid } from "ulid";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { jobEvents } from "@/db/schema";

const SentEvent = z.looseObject({
	id: z.string().min(1).max(200).optional(),
	name: z.string().min(1).max(200),
	data: z.record(z.string(), z.json()).default({}),
	ts: z.int().optional(),
	v: z.json().optional(),
	user: z.json().optional(),
	meta: z.json().optional(),
});
type SentEvent = z.infer<typeof SentEvent>;
const Sent = z.union([SentEvent.transform((event) => [event]), z.array(SentEvent)]);

/**
 * What the SDK talks to in place of a server: takes events into the outbox and refuses, by name, all that the embedded
 * engine does not do. No port is opened; `database` says where the events go.
 */
export function engineFetch(database: () => Database): typeof fetch {
	return async (input, init) => {
		const request = new Request(input, init);
		const { pathname } = new URL(request.url);
		if (request.method !== "POST" || !/\/e\/[^/]+$/.test(pathname))
			return reply(501, { error: `The embedded engine does not do ${request.method} ${pathname}`, status: 501 });
		const sent = Sent.safeParse(await request.json());
		if (!sent.success) return reply(400, { error: z.prettifyError(sent.error), status: 400 });
		const ids = await eventIds(sent.data, request.headers.get("x-inngest-event-id-seed"));
		await database().transaction(async (tx) => {
			for (const [index, event] of sent.data.entries()) {
				const { name, data, ts = Date.now(), v, user, meta } = event;
				const given = {
					...(v == null ? {} : { v }),
					...(user == null ? {} : { user }),
					...(meta == null ? {} : { meta }),
				};
				await tx
					.insert(jobEvents)
					.values({ id: ids[index] ?? ulid(), name, data, ts, extra: Object.keys(given).length > 0 ? given : null })
					.onConflictDoNothing();
			}
			await tx.execute(sql`select pg_notify('jobs', '')`);
		});
		return reply(200, { ids, status: 200 });
	};
}

const reply = (status: number, body: object) => Response.json(body, { status });

/**
 * An id that the sender gave stands. In a step, the id follows from run, step and content, so that a step which runs again
 * (its worker died before it was saved) sends the same event and not a second one. Elsewhere it follows from the SDK's seed,
 * which stays the same while the SDK repeats a request.
 */
async function eventIds(events: SentEvent[], seedHeader: string | null): Promise<string[]> {
	const execution = (await getAsyncCtx())?.execution;
	const step = execution?.executingStep?.hashedId;
	const seen = new Map<string, number>();
	return events.map((event, index) => {
		if (event.id) return event.id;
		if (execution && step) {
			const content = JSON.stringify([execution.ctx.runId, step, event.name, event.data]);
			const nth = seen.get(content) ?? 0;
			seen.set(content, nth + 1);
			return `step-${digest(`${content} ${nth}`)}`;
		}
		return seedHeader ? seededId(seedHeader, index) : ulid();
	});
}

/** The seed is `<ms>,<base64 of 10 bytes>`; with the event's place in the request it gives the id. */
export function seededId(seed: string, index: number): string {
	const [ms = "", entropy = ""] = seed.split(",");
	const time = Number(ms);
	if (!Number.isSafeInteger(time) || time < 0 || !entropy) return ulid();
	const base32 = BigInt(`0x${digest(`${entropy} ${index}`)}`)
		.toString(32)
		.toUpperCase();
	return encodeTime(time, 10) + base32.padStart(16, "0").slice(-16);
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 20);
