import type { Run, RunResult } from "@/server/runs/contract";
import { isEnded } from "@/server/runs/contract";
import type { ThreadRun, ThreadWithRuns } from "@/server/threads/contract";
import type { ThreadState } from "./contract";

export type Message = {
	id: string;
	type: "human" | "ai";
	content: string;
	name?: string;
	additional_kwargs: Record<string, unknown>;
	response_metadata: Record<string, unknown>;
};
export type Values = { messages: Message[] };

const questionId = (runId: string): string => `${runId}-question`;
/** An answer that was begun anew is another message: no client takes back what it has added to the first. */
export const answerId = (runId: string, restarts = 0): string =>
	restarts === 0 ? `${runId}-answer` : `${runId}-answer-${restarts}`;

export const humanMessage = ({ id, question }: Pick<Run, "id" | "question">): Message => ({
	...{ id: questionId(id), type: "human", content: question },
	...{ additional_kwargs: {}, response_metadata: {} },
});

/** What our answers have beside their text stands where clients pass on what they don't know. */
export function aiMessage(
	{ id, agentName }: Pick<Run, "id" | "agentName">,
	content: string,
	result: RunResult | null,
	restarts = 0,
): Message {
	const { citations = [], confidence = null, abstained = false, degraded = null, model = null } = result ?? {};
	const cached = result?.cached ? { answered_at: result.cached.answeredAt, is_similar: result.cached.isSimilar } : null;
	const facts = { run_id: id, citations, confidence, abstained, degraded, cached, model_name: model };
	const usage = result
		? {
				usage_metadata: {
					input_tokens: result.usage.inputTokens,
					output_tokens: result.usage.outputTokens,
					total_tokens: result.usage.inputTokens + result.usage.outputTokens,
				},
			}
		: {};
	return {
		...{ id: answerId(id, restarts), type: "ai", content, name: agentName },
		...{ additional_kwargs: {}, response_metadata: facts, ...usage },
	};
}

const messagesOf = (run: Run): Message[] =>
	run.answer === null ? [humanMessage(run)] : [humanMessage(run), aiMessage(run, run.answer, run.result)];

export const valuesOf = (runs: readonly Run[]): Values => ({ messages: runs.flatMap(messagesOf) });

export const checkpointOf = (threadId: string, checkpointId: string) => ({
	thread_id: threadId,
	checkpoint_ns: "",
	checkpoint_id: checkpointId,
	checkpoint_map: null,
});

/** A thread's state after one of its runs. A run is what a checkpoint stands for here; those inside it are at /api/v1. */
export function stateAfter({ thread }: ThreadWithRuns, runs: readonly ThreadRun[]) {
	const [last, before] = [runs.at(-1), runs.at(-2)];
	const isOpen = last !== undefined && !isEnded(last.state);
	const error = last?.state === "failed" ? (last.reason ?? "The run failed.") : null;
	return {
		values: valuesOf(runs),
		next: isOpen ? ["answer"] : [],
		tasks:
			last && (isOpen || error)
				? [{ id: last.id, name: "answer", error, interrupts: [], checkpoint: null, state: null }]
				: [],
		metadata: { source: "loop", step: runs.length, run_id: last?.id ?? null, thread_id: thread.id },
		created_at: (last?.endedAt ?? last?.createdAt ?? thread.createdAt).toISOString(),
		checkpoint: last ? checkpointOf(thread.id, last.id) : null,
		parent_checkpoint: last && before ? checkpointOf(thread.id, before.id) : null,
		interrupts: [],
	};
}

/** Newest first, as the client shows it. */
export const historyOf = (found: ThreadWithRuns) =>
	found.runs.map((_, at) => stateAfter(found, found.runs.slice(0, at + 1))).reverse();

export function threadState(runs: readonly Run[]): ThreadState {
	const last = runs.at(-1);
	if (!last) return "idle";
	if (last.state === "waiting") return "interrupted";
	if (!isEnded(last.state)) return "busy";
	return last.state === "failed" ? "error" : "idle";
}

const runStatus = {
	...{ queued: "pending", running: "running", waiting: "running", succeeded: "success" },
	...{ failed: "error", cancelled: "interrupted" },
} as const satisfies Record<Run["state"], string>;

export const toRun = (run: Run) => ({
	run_id: run.id,
	thread_id: run.threadId,
	assistant_id: run.agentId,
	created_at: run.createdAt.toISOString(),
	updated_at: (run.endedAt ?? run.startedAt ?? run.createdAt).toISOString(),
	status: runStatus[run.state],
	metadata: { reason: run.reason },
	multitask_strategy: "enqueue",
	kwargs: {},
});
