import { eq, sql } from "drizzle-orm";
import { runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { type FollowRun, isEnded, type RunEvent, type RunState } from "../contract";
import { type EventRow, toRunEvent } from "../events";
import { runFeed } from "../feed";
import { hideSourcesOfEvents } from "./hide-sources";
import { getRun } from "./read-runs";

type Found = { events: RunEvent[]; state: RunState; lastSeq: number };

/**
 * All events of a run after the given one: what has happened, then what happens, each once and in order. Ends after the
 * run's end, and only there.
 */
export async function* followRun(
	ctx: ServiceContext,
	{ runId, lastEventId }: FollowRun,
): AsyncGenerator<{ id: string; data: RunEvent }> {
	const { userId } = requireUser(ctx);
	const { follower, wait, end } = (await runFeed(ctx.db)).follow(runId, Number(lastEventId ?? 0) + 1);
	ctx.signal?.addEventListener("abort", follower.wake, { once: true });
	try {
		while (!ctx.signal?.aborted) {
			let events: RunEvent[];
			if (follower.isBehind) {
				// Whatever is told from here on is newer than what is read now, or in it.
				follower.isBehind = false;
				follower.told = [];
				const found = await readEvents(ctx, { runId, userId, from: follower.next });
				if (isEnded(found.state) && found.lastSeq < follower.next) return;
				const isWhole = found.events[0]?.seq === follower.next;
				if (isEnded(found.state) && !isWhole) return yield await endAlone(ctx, runId);
				events = found.events;
			} else events = follower.told.splice(0);
			for (const event of events) {
				if (event.seq < follower.next) continue;
				if (event.seq > follower.next) {
					follower.isBehind = true;
					break;
				}
				follower.next += 1;
				yield { id: String(event.seq), data: event };
				if (event.body.type === "run.ended") return;
			}
			if (!follower.isBehind && follower.told.length === 0) await wait();
		}
	} finally {
		end();
	}
}

/** The end of a run whose events retention has dropped, told from its row. */
async function endAlone(ctx: ServiceContext, runId: string): Promise<{ id: string; data: RunEvent }> {
	const { state, answer, result, reason, endedAt } = await getRun(ctx, { runId });
	const [row] = await ctx.db.orm.select({ seq: runs.lastSeq }).from(runs).where(eq(runs.id, runId));
	if (!row || state === "queued" || state === "running" || state === "waiting") throw notFound("This run");
	const body = { type: "run.ended" as const, state, answer, result, reason, isAlone: true };
	return { id: String(row.seq), data: { seq: row.seq, at: endedAt ?? new Date(), body } };
}

async function readEvents(
	ctx: ServiceContext,
	{ runId, userId, from }: { runId: string; userId: string; from: number },
): Promise<Found> {
	const rows = await ctx.db.orm.execute<{
		state: RunState;
		lastSeq: number;
		events: (EventRow & { at: string })[] | null;
	}>(sql`
		select r.state, r.last_seq as "lastSeq",
			(select json_agg(json_build_object('seq', seq, 'type', type, 'data', data, 'at', at) order by seq)
				from run_events where run_id = r.id and run_at = r.created_at and seq >= ${from}) as events
		from runs r where r.id = ${runId} and r.user_id = ${userId}`);
	const [row] = rows;
	if (!row) throw notFound("This run");
	const events = (row.events ?? []).map((event) => toRunEvent({ ...event, at: new Date(event.at) }));
	return { state: row.state, lastSeq: row.lastSeq, events: await hideSourcesOfEvents(ctx, events) };
}
