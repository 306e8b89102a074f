import { and, eq } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agentVersions, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { documentsNamed } from "@/server/knowledge/contract";
import { unreadableDocuments } from "@/server/knowledge/service";
import type { OneRun } from "@/server/runs/contract";
import type { Checkpoint, CheckpointList, CheckpointState, FoundPassage, OneCheckpoint } from "../contract";
import {
	editableOf,
	isKnownGraph,
	type KnownGraph,
	mayGoOn,
	type Round,
	type StoredCheckpoint,
	type StoredPassage,
	type StoredState,
	stepWords,
	storedCheckpoints,
	storedState,
} from "./stored";

/** A run of the caller's own, and how it works; for all others it is not there. */
export async function findOwnRun(ctx: ServiceContext, db: Reader, { runId }: OneRun) {
	const { userId } = requireUser(ctx);
	const [row] = await db
		.select({ run: runs, graph: agentVersions.graph })
		.from(runs)
		.innerJoin(agentVersions, eq(agentVersions.id, runs.agentVersionId))
		.where(and(eq(runs.id, runId), eq(runs.userId, userId)));
	if (!row) throw notFound("This run");
	const { graph } = row;
	if (!isKnownGraph(graph))
		throw new AppError("CONFLICT", "Only the runs of assistants and of research can be gone back into.");
	return { ...row.run, graph };
}

export async function findCheckpoint(db: Reader, { runId, checkpointId }: OneCheckpoint): Promise<StoredCheckpoint> {
	const [stored] = await storedCheckpoints(db, runId, checkpointId);
	if (!stored) throw notFound("This checkpoint");
	return stored;
}

const wordOf = (step: string): string => stepWords[step] ?? step;

function toCheckpoint(
	{ id, step, ts, next }: StoredCheckpoint,
	{ earlier, graph }: { earlier: StoredCheckpoint | undefined; graph: KnownGraph },
): Checkpoint {
	const [after] = earlier?.next ?? [];
	// Many look into questions at once: that is one step for whoever reads of it.
	const before = [...new Set(next.map(wordOf))];
	const editable = graph === "research" ? [] : editableOf(next);
	const facts = { after: after ? wordOf(after) : null, before, editable, mayGoOn: mayGoOn(graph, next) };
	return { id, step, at: new Date(ts), ...facts };
}

export async function readCheckpoints(ctx: ServiceContext, input: OneRun): Promise<CheckpointList> {
	const { graph } = await findOwnRun(ctx, ctx.db.orm, input);
	const stored = await storedCheckpoints(ctx.db.orm, input.runId);
	return { checkpoints: stored.map((one, at) => toCheckpoint(one, { earlier: stored[at - 1], graph })) };
}

const snippetLength = 400;
const hidden = "A document that you may not read any more";

/** What was found, as the caller may read it today. */
export async function passagesOf(ctx: ServiceContext, state: StoredState): Promise<FoundPassage[]> {
	const passages = state.findings?.passages ?? [];
	const gone = new Set(await unreadableDocuments(ctx, [...new Set(passages.map(({ documentId }) => documentId))]));
	return passages.map((passage, place) => {
		const mayRead = !gone.has(passage.documentId);
		return { ...shown(passage, mayRead), place, isChosen: state.supporting?.includes(place) ?? false, mayRead };
	});
}

/** What tools answered, without what is of a document that the caller may not read any more. */
export async function readableRounds(ctx: ServiceContext, rounds: readonly Round[]): Promise<Round[]> {
	const documentsOf = ({ calls }: Round, { ref, content }: Round["results"][number]) => [
		...documentsNamed(content),
		...calls.flatMap((call) => (call.ref === ref ? documentsNamed(call.arguments) : [])),
	];
	const all = rounds.flatMap((round) => round.results.flatMap((result) => documentsOf(round, result)));
	const gone = new Set(await unreadableDocuments(ctx, [...new Set(all)]));
	return rounds.map((round) => ({
		...round,
		results: round.results.map((result) =>
			documentsOf(round, result).some((id) => gone.has(id)) ? { ...result, content: hidden } : result,
		),
	}));
}

function shown(
	{ chunkId, documentId, documentName, collectionId, page, pageCount, text }: StoredPassage,
	mayRead: boolean,
) {
	const ids = { chunkId, documentId, collectionId };
	if (!mayRead) return { ...ids, documentName: hidden, page: 1, pageCount: null, snippet: "" };
	const flat = text.replace(/\s+/gu, " ").trim();
	const snippet = flat.length <= snippetLength ? flat : `${flat.slice(0, snippetLength).toWellFormed()}…`;
	return { ...ids, documentName, page, pageCount, snippet };
}

export async function getCheckpoint(ctx: ServiceContext, input: OneCheckpoint): Promise<CheckpointState> {
	const db = ctx.db.orm;
	const { graph } = await findOwnRun(ctx, db, input);
	const all = await storedCheckpoints(db, input.runId);
	const at = all.findIndex(({ id }) => id === input.checkpointId);
	const stored = all[at];
	if (!stored) throw notFound("This checkpoint");
	const state = await storedState(db, { runId: input.runId, graph }, stored);
	const rounds = await readableRounds(ctx, state.rounds);
	const tools = rounds.flatMap(({ calls, results }) =>
		calls.map((call) => ({
			...{ name: call.name, arguments: call.arguments },
			content: results.find(({ ref }) => ref === call.ref)?.content ?? null,
		})),
	);
	return {
		...toCheckpoint(stored, { earlier: all[at - 1], graph }),
		...{ question: state.question, turns: state.history.length, tools },
		passages: await passagesOf(ctx, state),
		plan: state.proposed ?? null,
		draft: state.draft?.text || null,
	};
}
