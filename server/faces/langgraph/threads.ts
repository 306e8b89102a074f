import { AppError, notFound } from "@/server/core/errors";
import type { Run } from "@/server/runs/contract";
import type { Thread, ThreadWithRuns } from "@/server/threads/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { CreateThread, HistoryRequest, type InputMessage, ThreadSearch, UpdateState, UpdateThread } from "./contract";
import { checkpointOf, historyOf, stateAfter, threadState, valuesOf } from "./state";

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

/** A thread as its newest run has it: where that began in another branch, its state is of that one. */
export async function readHead(ctx: RequestContext, threadId: string): Promise<ThreadWithRuns> {
	const caller = createCaller(ctx);
	const trunk = await caller.threads.get({ threadId });
	if (trunk.branches.length === 0) return trunk;
	const { rows } = await caller.runs.list({ filter: { threadId: { eq: threadId } }, sort: "-createdAt", limit: 1 });
	const branchId = rows[0]?.branchId;
	return branchId ? caller.threads.get({ threadId, branchId }) : trunk;
}

/** A thread up to and with one of its runs, whichever branch that is in. */
export async function readUpTo(ctx: RequestContext, threadId: string, runId: string): Promise<ThreadWithRuns> {
	const caller = createCaller(ctx);
	const run = uuid.test(runId) ? await caller.runs.get({ runId }) : null;
	if (run?.threadId !== threadId) throw notFound("This checkpoint");
	const { branchId } = run;
	const found = await caller.threads.get({ threadId, ...(branchId ? { branchId } : {}) });
	const at = found.runs.findIndex(({ id }) => id === runId);
	if (at < 0) throw notFound("This checkpoint");
	return { ...found, runs: found.runs.slice(0, at + 1) };
}
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

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
	const { thread, runs } = await readHead(ctx, threadId);
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
			const { runs } = isSkipped ? { runs: [] } : await readHead(ctx, row.id);
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
	const found = checkpointId ? await readUpTo(ctx, threadId, checkpointId) : await readHead(ctx, threadId);
	return json(stateAfter(found, found.runs));
}

export async function readHistory(ctx: RequestContext, threadId: string, body: unknown): Promise<Response> {
	const { limit, before } = HistoryRequest.parse(body);
	const states = historyOf(await readHead(ctx, threadId));
	const until = before?.configurable?.checkpoint_id ?? before?.checkpoint_id;
	const at = until ? states.findIndex(({ checkpoint }) => checkpoint?.checkpoint_id === until) + 1 : 0;
	return json(states.slice(at, at + limit));
}

/**
 * Adds messages that somebody else wrote: each of the human with the answer after it becomes a turn, at the end of the thread or after
 * the checkpoint that is named. What is there stays: a state that is edited is another branch.
 */
export async function updateState(ctx: RequestContext, threadId: string, body: unknown): Promise<Response> {
	const { values, checkpoint, checkpoint_id: named } = UpdateState.parse(body);
	const wanted = named ?? checkpoint?.checkpoint_id ?? null;
	const found = wanted ? await readUpTo(ctx, threadId, wanted) : await readHead(ctx, threadId);
	const after = found.runs.at(-1)?.id;
	const turns = newTurns(values?.messages ?? [], found.runs);
	const { runIds } =
		turns.length === 0
			? { runIds: [] }
			: await createCaller(ctx).threads.append({ threadId, turns, ...(after ? { after } : {}) });
	const id = runIds.at(-1) ?? after;
	if (!id) throw new AppError("INVALID_INPUT", "values.messages: the thread is empty, and so is this.");
	const place = checkpointOf(threadId, id);
	return json({ checkpoint: place, configurable: place });
}

/** Messages that the thread has already may come along. */
function newTurns(messages: readonly InputMessage[], runs: readonly Run[]): { question: string; answer: string }[] {
	const known = new Set(valuesOf(runs).messages.map(({ id }) => id));
	const fresh = messages.filter(({ id }) => id === null || !known.has(id));
	const turns: { question: string; answer: string }[] = [];
	for (let at = 0; at < fresh.length; at += 2) {
		const [asked, answered] = [fresh[at], fresh[at + 1]];
		if (asked?.role !== "user" || answered?.role !== "assistant")
			throw new AppError(
				"INVALID_INPUT",
				"values.messages: send messages of the human, each followed by its answer. A question without one is asked by a run.",
			);
		turns.push({ question: asked.content, answer: answered.content });
	}
	return turns;
}
