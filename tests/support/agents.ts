import { randomUUID } from "node:crypto";
import type { Database } from "@/db/connection";
import { type Checkpoints, openCheckpoints, setupCheckpoints } from "@/server/agents/checkpointer";
import { type ExecutorOptions, startExecutor } from "@/server/agents/executor";
import { insertAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { setAccess } from "@/server/core/grants";
import { log } from "@/server/core/log";
import type { Passage } from "@/server/knowledge/contract";
import { openaiModel } from "@/server/models/openai";
import { foldAnswer, type RunEvent } from "@/server/runs/contract";
import { followRun } from "@/server/runs/service";
import { testContext } from "./context";
import { testDatabase, urlOf } from "./database";
import { bringDocument, makeCollection } from "./knowledge";
import { finds, testPassage } from "./passages";
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

const handbooks = new WeakMap<Database, Promise<Pick<Passage, "documentId" | "collectionId">>>();

/** A document that everybody may read: of others nobody is told what was found in them once that is read again. */
async function makeHandbook(db: Database) {
	const keeper = await testContext(db);
	const { id: collectionId } = await makeCollection(keeper, { access: "everyone" });
	const { id: documentId } = await bringDocument(keeper, { id: collectionId }, "handbook.md", randomUUID());
	return { documentId, collectionId };
}

async function findsHandbook(db: Database) {
	const made = handbooks.get(db) ?? makeHandbook(db);
	handbooks.set(db, made);
	return finds([testPassage(undefined, await made)]);
}

/** An executor that asks the stand-in provider, and finds one passage whatever is asked. */
export const testExecutor = async (
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
		search: more.search ?? (await findsHandbook(db)),
		// What tests find may be of no document that there is.
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
