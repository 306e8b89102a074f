import type { Database } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import { forgetSummaries, keepSummary, summariesFor, turnsAfter } from "@/server/threads/service";
import type { MemoryDesk } from "../graphs/assistant/state";
import type { ClaimedRun } from "./lease";

type Unreadable = (documentIds: string[]) => Promise<string[]>;

/** What a run's graph knows of the turns that its window has no room for, by the rights of whoever it works for. */
export function memoryOf(
	run: ClaimedRun,
	{ db, ctx, unreadable }: { db: Database; ctx: ServiceContext; unreadable: Unreadable },
): MemoryDesk | null {
	// A caller that keeps its own conversation has no thread to look things up in.
	if (run.conversation) return null;
	return {
		hasOlder: run.hasOlder,
		find: async () => {
			const { kept, earlier } = await summariesFor(db.orm, run.id);
			const gone = await goneOf(kept, unreadable);
			// What they may not read any more is not kept for them either: it is made anew without it.
			const lost = kept.filter(({ documentIds }) => documentIds.some((id) => gone.has(id)));
			await forgetSummaries(
				db,
				lost.map(({ id }) => id),
			);
			const newest = kept.find((one) => !lost.includes(one)) ?? null;
			const turns = await turnsAfter(db.orm, run.id, newest?.upToRunId ?? null);
			const withheld = await goneOf(turns, unreadable);
			return {
				kept: newest,
				earlier,
				turns: turns.map((turn) => {
					const isWithheld = turn.documentIds.some((id) => withheld.has(id));
					return isWithheld ? { ...turn, question: "", answer: "", isWithheld } : { ...turn, isWithheld };
				}),
			};
		},
		keep: ({ usage, ...made }) =>
			keepSummary(ctx, {
				...made,
				...{ threadId: run.threadId, runId: run.id, tokens: usage.inputTokens + usage.outputTokens },
			}),
	};
}

async function goneOf(all: readonly { documentIds: string[] }[], unreadable: Unreadable): Promise<Set<string>> {
	const ids = [...new Set(all.flatMap(({ documentIds }) => documentIds))];
	return new Set(ids.length > 0 ? await unreadable(ids) : []);
}
