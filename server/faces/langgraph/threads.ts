import { AppError, notFound } from "@/server/core/errors";
import type { Run } from "@/server/runs/contract";
import type { Thread } from "@/server/threads/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { CreateThread, HistoryRequest, ThreadSearch, UpdateThread } from "./contract";
import { historyOf, stateAfter, threadState, valuesOf } from "./state";

const json = (body: unknown, status = 200): Response =>
	Response.json(body, { status, headers: { "cache-control": "no-store" } });

const toThread = (thread: Thread, runs: readonly Run[]) => ({
	thread_id: thread.id,
	created_at: thread.createdAt.toISOString(),
	updated_at: thread.updatedAt.toISOString(),
	state_updated_at: thread.updatedAt.toISOString(),
	metadata: { title: thread.title, assistant_id: thread.agentId, owner: thread.ownerName },
	status: threadState(runs),
	config: {},
	values: valuesOf(runs),
	interrupts: {},
});

export async function createThread(ctx: RequestContext, body: unknown): Promise<Response> {
	const { thread_id: threadId, if_exists: ifExists, metadata } = CreateThread.parse(body);
	const caller = createCaller(ctx);
	const made = { ...(threadId ? { threadId } : {}), ...(metadata?.title ? { title: metadata.title } : {}) };
	try {
		return json(toThread(await caller.threads.create(made), []));
	} catch (error) {
		if (!threadId || ifExists !== "do_nothing" || (error as { code?: unknown }).code !== "CONFLICT") throw error;
		return readThread(ctx, threadId);
	}
}

export async function readThread(ctx: RequestContext, threadId: string): Promise<Response> {
	const { thread, runs } = await createCaller(ctx).threads.get({ threadId });
	return json(toThread(thread, runs));
}

/** The caller's own threads, newest activity first; those of one state are looked for among the newest. */
export async function searchThreads(ctx: RequestContext, body: unknown): Promise<Response> {
	const { limit, offset, ids, status, metadata } = ThreadSearch.parse(body);
	if (metadata && Object.keys(metadata).length > 0) return json([]);
	const caller = createCaller(ctx);
	const found: ReturnType<typeof toThread>[] = [];
	let cursor: string | undefined;
	while (found.length < offset + limit) {
		const page = await caller.threads.list({ limit: 50, ...(cursor ? { cursor } : {}) });
		for (const row of page.rows) {
			if (ids && ids.length > 0 && !ids.includes(row.id)) continue;
			// One that lies before what is asked for need not be read, unless its state decides whether it counts.
			const isSkipped = !status && found.length < offset;
			const { runs } = isSkipped ? { runs: [] } : await caller.threads.get({ threadId: row.id });
			if (status && threadState(runs) !== status) continue;
			found.push(toThread(row, runs));
			if (found.length >= offset + limit) break;
		}
		if (!page.next) break;
		cursor = page.next;
	}
	return json(found.slice(offset, offset + limit));
}

export async function updateThread(ctx: RequestContext, threadId: string, body: unknown): Promise<Response> {
	const title = UpdateThread.parse(body).metadata?.title;
	if (title) await createCaller(ctx).threads.rename({ threadId, title });
	return readThread(ctx, threadId);
}

export async function deleteThread(ctx: RequestContext, threadId: string): Promise<Response> {
	await createCaller(ctx).threads.remove({ threadId });
	return new Response(null, { status: 204 });
}

export async function readState(ctx: RequestContext, threadId: string, checkpointId: string | null): Promise<Response> {
	const found = await createCaller(ctx).threads.get({ threadId });
	if (!checkpointId) return json(stateAfter(found, found.runs));
	const at = found.runs.findIndex(({ id }) => id === checkpointId);
	if (at < 0) throw notFound("This checkpoint");
	return json(stateAfter(found, found.runs.slice(0, at + 1)));
}

export async function readHistory(ctx: RequestContext, threadId: string, body: unknown): Promise<Response> {
	const { limit, before } = HistoryRequest.parse(body);
	const states = historyOf(await createCaller(ctx).threads.get({ threadId }));
	const until = before?.configurable?.checkpoint_id ?? before?.checkpoint_id;
	const at = until ? states.findIndex(({ checkpoint }) => checkpoint?.checkpoint_id === until) + 1 : 0;
	return json(states.slice(at, at + limit));
}

/** A state is never edited in place: a run goes on from an edited one, in a branch of its own. */
export const refuseUpdate = (): never => {
	throw new AppError(
		"CONFLICT",
		"A state is not edited in place. Go on from an edited one by POST /api/v1/runs/{runId}/checkpoints/{checkpointId}/fork.",
	);
};
