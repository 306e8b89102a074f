import type { Database } from "@/db/connection";
import { runApproval, waitedMs } from "@/server/approvals/service";
import { planOf, waitedForPlanMs } from "@/server/research/service";
import type { RunEventBody } from "@/server/runs/contract";
import type { Interrupted } from "../graphs/assistant";
import type { PlanAsked } from "../graphs/research/state";
import type { ClaimedRun } from "./lease";

/** What a graph was interrupted for. */
export type Waits = Interrupted | PlanAsked;

/** What a run waits for: what its reader is told, by which word it hears of news, and what came of it; null while nothing has. */
export type Wait = {
	needed: RunEventBody;
	bell: string;
	find: () => Promise<{ told: RunEventBody | null } | null>;
};

export function waitOf(db: Database, run: ClaimedRun, waits: Waits): Wait {
	if ("plan" in waits) {
		const { parts, expiresAt } = waits.plan;
		return {
			needed: { type: "plan.proposed", parts, expiresAt },
			bell: run.id,
			// The graph tells itself what it goes on with.
			find: async () => ((await planOf(db, run.id))?.state === "waiting" ? null : { told: null }),
		};
	}
	const { id: approvalId, tool, effect, needsSecond, otherDeciders, expiresAt } = waits;
	return {
		needed: {
			type: "approval.needed",
			...{ approvalId, tool, effect, needsSecond, otherDeciders },
			expiresAt: new Date(expiresAt).toISOString(),
		},
		bell: approvalId,
		find: async () => {
			const found = await runApproval(db, approvalId);
			if (found?.state === "pending") return null;
			const { state, decidedBy, reason } = found ?? { state: "void" as const, decidedBy: null, reason: null };
			return { told: state === "pending" ? null : { type: "approval.decided", approvalId, state, decidedBy, reason } };
		},
	};
}

/** How long the run has waited for people so far, in ms. */
export const waitedFor = async (db: Database, run: ClaimedRun): Promise<number> =>
	(await waitedMs(db, run.id)) + (run.agent.graph === "research" ? await waitedForPlanMs(db, run.id) : 0);
