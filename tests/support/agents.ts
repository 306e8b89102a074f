import type { Database } from "@/db/connection";
import { type Checkpoints, openCheckpoints, setupCheckpoints } from "@/server/agents/checkpointer";
import { type ExecutorOptions, startExecutor } from "@/server/agents/executor";
import { insertAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { setAccess } from "@/server/core/grants";
import { log } from "@/server/core/log";
import { openaiModel } from "@/server/models/openai";
import { foldAnswer, type RunEvent } from "@/server/runs/contract";
import { followRun } from "@/server/runs/service";
import { testDatabase, urlOf } from "./database";
import { finds } from "./passages";
import type { Provider } from "./provider";

/** A database with a default agent and the tables of the checkpoints. */
export async function agentsDatabase(): Promise<{ db: Database; agentId: string; checkpoints: Checkpoints }> {
	const db = await testDatabase();
	await setupCheckpoints(urlOf(db));
	const checkpoints = openCheckpoints(urlOf(db));
	const agentId = await insertAgent(db.orm, { name: "Assistant", isDefault: true });
	await setAccess(db.orm, "agent", agentId, "everyone");
	return { db, agentId, checkpoints };
}

/** An executor that asks the stand-in provider, and finds one passage whatever is asked. */
export const testExecutor = (
	{ db, checkpoints }: { db: Database; checkpoints: Checkpoints },
	provider: Provider | null,
	more: Partial<ExecutorOptions> = {},
) =>
	startExecutor({
		database: db,
		log,
		slots: 32,
		checkpoints,
		model: provider ? openaiModel({ url: provider.url, key: "sk-test", model: "stand-in" }) : null,
		search: finds(),
		// What it finds is of no document that there is.
		unreadable: async () => [],
		...more,
	});

/** Every event of a run until its end, and the answer that a reader has then. */
export async function readRun(
	ctx: ServiceContext,
	runId: string,
	lastEventId?: string,
): Promise<{ events: RunEvent[]; text: string }> {
	const events: RunEvent[] = [];
	for await (const { data } of followRun(ctx, { runId, lastEventId })) events.push(data);
	return { events, text: events.reduce((text, { body }) => foldAnswer(text, body), "") };
}
