import { AppError, notFound } from "@/server/core/errors";
import type { Run } from "@/server/runs/contract";
import type { Thread, ThreadRun, ThreadWithRuns } from "@/server/threads/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { agentIdsBy } from "./assistants";
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

/** The caller's own threads that fit, by their last activity; with their runs where those had to be looked at. */
async function* found(
	ctx: RequestContext,
	{ ids, status, metadata, sort_order: order }: Pick<ThreadSearch, "ids" | "status" | "metadata" | "sort_order">,
	atOnce: number,
): AsyncGenerator<{ row: Thread; runs: ThreadRun[] | null }> {
	const { assistant_id: id, graph_id: graph, ...others } = metadata ?? {};
	if (Object.keys(others).length > 0) return;
	const isAnyone = id === undefined && graph === undefined;
	const agentIds = isAnyone ? [] : await agentIdsBy(ctx, { id, graph });
	if (!isAnyone && agentIds.length === 0) return;
	const caller = createCaller(ctx);
	const asked = {
		limit: atOnce,
		sort: order === "asc" ? ("updatedAt" as const) : ("-updatedAt" as const),
		...(isAnyone ? {} : { filter: { agentId: { in: agentIds.slice(0, 100) } } }),
	};
	for (let cursor: string | undefined; ; ) {
		const page = await caller.threads.list({ ...asked, ...(cursor ? { cursor } : {}) });
		for (const row of page.rows) {
			if (ids && ids.length > 0 && !ids.includes(row.id)) continue;
			const runs = status ? (await readHead(ctx, row.id)).runs : null;
			if (!runs || threadState(runs) === status) yield { row, runs };
		}
		if (!page.next) return;
		cursor = page.next;
	}
}

export async function searchThreads(ctx: RequestContext, body: unknown): Promise<Response> {
	const { limit, offset, ...asked } = ThreadSearch.parse(body);
	const threads: ReturnType<typeof toThread>[] = [];
	let place = 0;
	for await (const { row, runs } of found(ctx, asked, 50)) {
		place += 1;
		// One that lies before what is asked for need not be read.
		if (place <= offset) continue;
		threads.push(toThread(row, runs ?? (await readHead(ctx, row.id)).runs));
		if (threads.length >= limit) break;
	}
	return json(threads);
}

export async function countThreads(ctx: RequestContext, body: unknown): Promise<Response> {
	const asked = ThreadSearch.omit({ limit: true, offset: true }).parse(body);
	let count = 0;
	for await (const _ of found(ctx, asked, 200)) count += 1;
	return json(count);
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
