import { AppError, notFound } from "@/server/core/errors";
import { isEnded, type Run, type RunEvent } from "@/server/runs/contract";
import type { ThreadRun } from "@/server/threads/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { conversationOf } from "../openai/conversation";
import { agentBy } from "./assistants";
import { CancelRuns, type InputMessage, RunRequest } from "./contract";
import { toRun, valuesOf } from "./state";
import { readHead, readUpTo } from "./threads";

export type Started = { runId: string; threadId: string; earlier: ThreadRun[]; request: RunRequest };

/** Starts what was asked in a thread of ours, or without one: then the messages are the whole conversation. */
export async function startRun(ctx: RequestContext, threadId: string | null, body: unknown): Promise<Started> {
	const request = RunRequest.parse(body);
	const caller = createCaller(ctx);
	const { id: agentId } = await agentBy(ctx, request.assistant_id);
	const { messages } = request.input;
	if (threadId === null) {
		const started = await caller.runs.start({ ...conversationOf(messages, []), agentId });
		return { ...started, earlier: [], request };
	}
	const wanted = request.checkpoint_id ?? request.checkpoint?.checkpoint_id ?? null;
	const earlier = wanted
		? (await readUpTo(ctx, threadId, wanted)).runs
		: await runsOf(ctx, threadId, request.if_not_exists === "create");
	const question = newQuestion(messages, earlier);
	await settleOpen(
		ctx,
		wanted ? (await readHead(ctx, threadId)).runs : earlier,
		request.multitask_strategy ?? "enqueue",
	);
	// The thread's newest run may have begun in another branch, or an earlier one be named: it goes on after exactly that.
	const last = earlier.at(-1);
	const after = last && (wanted || last.branchId) ? { after: last.id } : {};
	const started = await caller.runs.start({ question, threadId, agentId, ...after });
	const run = await caller.runs.get({ runId: started.runId });
	return { ...started, earlier: await runsBefore(ctx, run), request };
}

async function runsOf(ctx: RequestContext, threadId: string, mayCreate: boolean): Promise<ThreadRun[]> {
	try {
		return (await readHead(ctx, threadId)).runs;
	} catch (error) {
		if (!mayCreate || (error as { code?: unknown }).code !== "NOT_FOUND") throw error;
		await createCaller(ctx).threads.create({ threadId });
		return [];
	}
}

/** What came before a run, in its own branch. */
export async function runsBefore(ctx: RequestContext, run: Run): Promise<ThreadRun[]> {
	const { runs } = await readUpTo(ctx, run.threadId, run.id);
	return runs.slice(0, -1);
}

/** Messages that the thread has already come along where clients send them all. */
function newQuestion(messages: readonly InputMessage[], earlier: readonly Run[]): string {
	const known = new Set(valuesOf(earlier).messages.map(({ id }) => id));
	const [first, ...more] = messages.filter(({ id }) => id === null || !known.has(id));
	if (first?.role !== "user" || more.length > 0)
		throw new AppError(
			"INVALID_INPUT",
			"input.messages: send one new message of the human; the thread knows the others.",
		);
	return first.content;
}

async function settleOpen(ctx: RequestContext, earlier: readonly Run[], strategy: "reject" | "interrupt" | "enqueue") {
	const open = earlier.filter(({ state }) => !isEnded(state));
	if (open.length === 0) return;
	if (strategy === "reject") throw new AppError("CONFLICT", "The thread is busy: wait for its run to end, or stop it.");
	const caller = createCaller(ctx);
	for (const { id } of open) {
		if (strategy === "interrupt") await caller.runs.stop({ runId: id });
		await ended(ctx, id);
	}
}

/** A run of the thread that is named with it; of another thread there is none. */
export async function findRun(ctx: RequestContext, threadId: string | null, runId: string): Promise<Run> {
	const run = await createCaller(ctx).runs.get({ runId });
	if (threadId !== null && run.threadId !== threadId) throw notFound("This run");
	return run;
}

export async function* eventsOf(ctx: RequestContext, runId: string, after: string | null): AsyncGenerator<RunEvent> {
	const events = await createCaller(ctx).runs.events({ runId, lastEventId: after });
	// A subscription gives events with their ids, as tRPC's `tracked` wraps them.
	for await (const [, event] of events as unknown as AsyncIterable<[string, RunEvent]>) yield event;
}

/** A run at its end. */
export async function ended(ctx: RequestContext, runId: string): Promise<Run> {
	for await (const { body } of eventsOf(ctx, runId, null)) if (body.type === "run.ended") break;
	return createCaller(ctx).runs.get({ runId });
}

/** The same, for somebody who waits for it: where they asked for that, hanging up stops the run. */
export async function endedFor(ctx: RequestContext, runId: string, cancels: boolean): Promise<Run> {
	const leave = () => void stopFor(ctx, runId);
	if (!cancels || !ctx.signal) return ended(ctx, runId);
	ctx.signal.addEventListener("abort", leave, { once: true });
	if (ctx.signal.aborted) leave();
	try {
		return await ended(ctx, runId);
	} finally {
		ctx.signal.removeEventListener("abort", leave);
	}
}

/** Stops a run for somebody who is gone. */
export async function stopFor(ctx: RequestContext, runId: string): Promise<void> {
	await createCaller({ ...ctx, signal: undefined })
		.runs.stop({ runId })
		.catch(() => {});
}

const statesOf = {
	pending: ["queued"],
	running: ["running", "waiting"],
	all: ["queued", "running", "waiting"],
} as const;

/** Stops the named runs, of the named thread where one is; or all open ones of a state. Those that have ended stay as they are. */
export async function stopRuns(ctx: RequestContext, body: unknown): Promise<void> {
	const { thread_id: threadId, run_ids: named, status } = CancelRuns.parse(body);
	const caller = createCaller(ctx);
	const runs = named
		? await Promise.all(named.map((runId) => findRun(ctx, threadId ?? null, runId)))
		: await openRuns(ctx, [...statesOf[status ?? "all"]], threadId ?? null);
	for (const { id, state } of runs) if (!isEnded(state)) await caller.runs.stop({ runId: id });
}

/** Nobody has more open runs than fit on a page. */
async function openRuns(ctx: RequestContext, states: Run["state"][], threadId: string | null): Promise<Run[]> {
	const filter = { state: { in: states }, ...(threadId ? { threadId: { eq: threadId } } : {}) };
	return (await createCaller(ctx).runs.list({ limit: 200, filter })).rows;
}

/** The thread's values after a run; of one that failed, what went wrong, as the client tells it. */
export function finalValues(run: Run, earlier: readonly Run[]) {
	const values = valuesOf([...earlier, run]);
	if (run.state === "succeeded") return values;
	return { ...values, __error__: { error: "RunFailed", message: run.reason ?? "The run did not come to an answer." } };
}

export async function listRuns(ctx: RequestContext, threadId: string, params: URLSearchParams): Promise<Response> {
	// A thread that the caller may not read has no runs to list, and says so.
	const { runs } = await readHead(ctx, threadId);
	const limit = Math.min(200, Math.max(1, Number(params.get("limit") ?? 10) || 10));
	const offset = Math.max(0, Number(params.get("offset") ?? 0) || 0);
	const status = params.get("status");
	const rows = runs
		.toReversed()
		.map(toRun)
		.filter((run) => !status || run.status === status);
	return Response.json(rows.slice(offset, offset + limit), { headers: { "cache-control": "no-store" } });
}
