import { approvalUrl } from "@/server/approvals/service";
import { AppError, notFound } from "@/server/core/errors";
import type { RunEvent, RunResult, StartRun } from "@/server/runs/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";

type Caller = ReturnType<typeof createCaller>;
export type Ended = {
	answer: string;
	result: RunResult;
	/** What the run waits for: it goes on by itself, and its answer is found with the run. */
	waitsFor?: string;
};
export type Answering = {
	runId: string;
	/** The agent's name, as it is told as the model. */
	model: string;
	createdAt: number;
	/** Piece by piece; the last thing is how it ended. */
	pieces: () => AsyncGenerator<string, Ended>;
};

/** The agents that the caller may use; a model is one of them, by its name or its id. */
export async function agentsOf(caller: Caller) {
	const agents = [];
	for (let cursor: string | undefined; ; ) {
		const page = await caller.agents.list({ limit: 200, ...(cursor ? { cursor } : {}) });
		// One that extracts is not asked anything.
		agents.push(...page.rows.filter(({ graph }) => graph !== "extract"));
		if (!page.next) return agents;
		cursor = page.next;
	}
}

async function agentBy(caller: Caller, model: string) {
	const wanted = model.toLowerCase();
	const agents = await agentsOf(caller);
	const agent = agents.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
	if (!agent) throw notFound(`The model ${model.slice(0, 80)}`);
	return agent;
}

/** Starts a run through the gate, as the caller. One who hangs up before the end stops it, as they would with a provider. */
export async function startAnswer(ctx: RequestContext, model: string, question: StartRun): Promise<Answering> {
	const caller = createCaller(ctx);
	const agent = await agentBy(caller, model);
	const { runId } = await caller.runs.start({ ...question, agentId: agent.id });
	return {
		runId,
		model: agent.name,
		createdAt: Math.floor(Date.now() / 1000),
		pieces: () => piecesOf(ctx, runId),
	};
}

async function* piecesOf(ctx: RequestContext, runId: string): AsyncGenerator<string, Ended> {
	const over = new AbortController();
	const signal = ctx.signal ? AbortSignal.any([ctx.signal, over.signal]) : over.signal;
	// `runs.stop` is a call of its own: the caller is gone by then, and so is its signal.
	const stop = () =>
		void createCaller({ ...ctx, signal: undefined })
			.runs.stop({ runId })
			.catch(() => {});
	let hasEnded = false;
	let said = "";
	try {
		const events = await createCaller({ ...ctx, signal }).runs.events({ runId });
		// A subscription gives events with their ids, as tRPC's `tracked` wraps them.
		for await (const [, { body }] of events as unknown as AsyncIterable<[string, RunEvent]>) {
			if (body.type === "answer.delta") {
				said += body.text;
				yield body.text;
			}
			if (body.type === "answer.restarted" && said !== "")
				throw new AppError("UNAVAILABLE", "The answer was interrupted and can't be taken back here: ask again.");
			if (body.type === "approval.needed") {
				// No caller of this API waits for a day, and one who gives up must not take back what a person is about to allow.
				hasEnded = true;
				const text = waitingText(body, runId);
				yield text;
				return { answer: said + text, result: nothingYet, waitsFor: body.approvalId };
			}
			if (body.type !== "run.ended") continue;
			hasEnded = true;
			if (body.state !== "succeeded" || !body.result)
				throw new AppError("UNAVAILABLE", body.reason ?? "The run did not come to an answer.");
			return { answer: body.answer ?? said, result: body.result };
		}
		throw new AppError("UNAVAILABLE", "The answer broke off: ask again.");
	} finally {
		over.abort();
		if (!hasEnded) stop();
	}
}

function waitingText({ effect, approvalId, needsSecond }: Needed, runId: string): string {
	const who = needsSecond ? "a second person" : "you";
	return `This waits for ${who} to approve: ${effect} Look at it at ${approvalUrl(approvalId)} . The run ${runId} goes on by itself once it is decided.`;
}
type Needed = Extract<RunEvent["body"], { type: "approval.needed" }>;

const nothingYet: RunResult = {
	citations: [],
	confidence: { level: "none", score: 0, reasons: ["There is no answer yet: it waits for a person's approval."] },
	abstained: false,
	degraded: null,
	incomplete: false,
	unsupported: [],
	model: "none",
	usage: { inputTokens: 0, outputTokens: 0 },
};

/** What OpenAI's answers have no place for, under names that their clients pass on. */
export const extrasOf = (runId: string, { result, waitsFor }: Ended) => ({
	run_id: runId,
	...(waitsFor ? { waits_for_approval: waitsFor } : {}),
	citations: result.citations,
	confidence: result.confidence,
	abstained: result.abstained,
	degraded: result.degraded,
	cached: result.cached ? { answered_at: result.cached.answeredAt, is_similar: result.cached.isSimilar } : null,
	answered_by: result.model,
});

export const usageOf = ({ result: { usage } }: Ended) => ({
	prompt_tokens: usage.inputTokens,
	completion_tokens: usage.outputTokens,
	total_tokens: usage.inputTokens + usage.outputTokens,
});
