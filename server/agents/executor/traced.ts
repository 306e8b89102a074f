import type { Database } from "@/db/connection";
import { endSpan, noteSpan, type SpanFacts, within } from "@/server/core/spans";
import type { RunEventBody } from "@/server/runs/contract";
import type { RunEnding } from "@/server/runs/event-batch";
import type { RunLog } from "@/server/runs/event-writer";
import { openTrace } from "@/server/traces/service";
import type { ClaimedRun } from "./lease";
import type { Waits } from "./waits";

const statusOf = { succeeded: "ok", failed: "failed", cancelled: "cancelled" } as const;

/** Carries a run out as a trace: what is done for it stands within its root, which is told of by whoever ends it. */
export function traced<T>(db: Database, run: ClaimedRun, events: RunLog, work: (events: RunLog) => T): T {
	const root = openTrace(db, {
		...{ traceId: run.id, runId: run.id, startedAt: run.startedAt, userId: run.user.id, keyId: run.key?.id ?? null },
		...{ agentId: run.agent.id, promptVersionId: run.agent.promptVersionId },
	});
	let firstAt: number | null = null;
	const watched: RunLog = {
		...events,
		say: (text) => {
			events.say(text);
			firstAt ??= performance.now();
		},
		end: async (ending) => {
			await events.end(ending);
			const firstTokenMs = firstAt === null ? null : Math.max(0, Math.round(firstAt - root.startedAt));
			endSpan(root, "run", { name: run.agent.graph, ...factsOf(ending, run), firstTokenMs });
		},
	};
	return within(root, () => work(watched));
}

/** A person was waited for. */
export function noteWaited(waits: Waits, bell: string, began: number, told: RunEventBody | null): void {
	const name = "plan" in waits ? "The plan" : waits.tool;
	const facts: SpanFacts = told?.type === "approval.decided" ? { attributes: { decision: told.state } } : {};
	noteSpan({ kind: "approval", name, key: `approval ${bell}` }, began, facts);
}

function factsOf({ event, tokens }: RunEnding, { attempt }: ClaimedRun): SpanFacts {
	const { state, result } = event;
	const { cap, abstained, degraded, confidence } = result ?? {};
	return {
		status: statusOf[state],
		errorCode: state === "succeeded" ? null : cap ? `cap-${cap}` : state,
		attributes: {
			...{ attempt, tokens },
			...(confidence ? { confidence: confidence.level } : {}),
			...(abstained ? { abstained } : {}),
			...(degraded ? { degraded: true } : {}),
		},
	};
}
