import type { Database } from "@/db/connection";
import { findAnswer, keepAnswer, placeOf } from "@/server/answers/service";
import { actorMay } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import type { Log } from "@/server/core/log";
import { inSpan } from "@/server/core/spans";
import { type Stop, stopFor } from "@/server/core/stops";
import { agentNow, type ToolContext } from "@/server/faces/tool";
import type { Conversation } from "@/server/runs/contract";
import type { AnswerDesk } from "../graphs/assistant/state";
import { narrowed } from "./begin-search";
import type { ClaimedRun } from "./lease";

type Deps = { db: Database; log: Log; tool: ToolContext; stops: () => readonly Stop[]; models: () => string };

/** What a caller says with its question makes another question of it. */
const saysNothing = (conversation: Conversation | null): boolean =>
	conversation === null ||
	(conversation.wishes === "" &&
		[conversation.history, conversation.functions, conversation.exchange].every((list) => list.length === 0));

/** Answers that were given before, by the rights that the run's person has at the moment of asking; null where it gives none again. */
export function answerDesk(run: ClaimedRun, { db, log, tool, stops, models }: Deps): AnswerDesk | null {
	const { agent } = run;
	const { cacheMinutes, cacheSimilar = false } = agent.answering;
	if (cacheMinutes === undefined || agent.graph !== "assistant" || agent.problem) return null;
	// An experiment measures the agent, not what is kept.
	if (run.isExperiment || agent.hasTools || !saysNothing(run.conversation)) return null;
	const asked = {
		...{ agentId: agent.id, agentVersionId: agent.versionId, instructions: agent.instructions, models: models() },
		collectionIds: narrowed(agent.collectionIds, run.collectionIds),
	};
	/** Where it was looked for; an answer is kept there only if that is still the same once it is written. */
	let place: string | null = null;

	async function here(): Promise<{ ctx: ServiceContext; place: string } | null> {
		const actor = await agentNow(tool);
		// Who may not search finds nothing here either: the search itself says why.
		if (!actorMay(actor, "runs:write") || !actorMay(actor, "knowledge:read")) return null;
		if (stopFor(stops(), { tool: "knowledge.search" })) return null;
		const origin = { address: null, userAgent: null };
		const ctx: ServiceContext = { db, actor, via: "job", requestId: run.requestId, origin };
		const found = await placeOf(ctx, asked);
		return found === null ? null : { ctx, place: found };
	}

	return {
		find: (question) =>
			inSpan({ kind: "cache", name: "Answers given before" }, async (facts) => {
				const now = await here();
				place = now?.place ?? null;
				const found = now && (await findAnswer(now.ctx, { place: now.place, question, isSimilar: cacheSimilar }));
				facts.cache = found ? "hit" : "miss";
				return found;
			}),
		keep: async (made) => {
			try {
				const now = await here();
				// Rights or documents are others by now: whether it holds there nobody knows.
				if (!now || now.place !== place) return;
				await keepAnswer(now.ctx, {
					...made,
					...{ agentId: agent.id, runId: run.id, place: now.place, minutes: cacheMinutes },
				});
			} catch (error) {
				log.warn({ error: String(error), runId: run.id }, "an answer was not kept");
			}
		},
	};
}

/** The desk of a run that is told when rights were asked for: what was found has just been checked, as by a search. */
export const askedNow = (desk: AnswerDesk | null, onFound: () => void): AnswerDesk | null =>
	desk && {
		...desk,
		find: async (question) => {
			const found = await desk.find(question);
			if (found) onFound();
			return found;
		},
	};
