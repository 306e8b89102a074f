import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agentVersions, branchSegments, budgetEntries, runEvents, runs, threadBranches } from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { holdRun } from "@/server/budgets/service";
import { audit } from "@/server/core/audit";
import { capsOf } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { unreadableDocuments } from "@/server/knowledge/service";
import { pickPrompt } from "@/server/prompts/service";
import type { Citation } from "@/server/runs/contract";
import { askBudget, askedAt, runsChannelOf } from "@/server/runs/service";
import type { Editable, ForkedRun, ForkRun } from "../contract";
import { findCheckpoint, findOwnRun, passagesOf, readableRounds } from "./read-checkpoints";
import { editableOf, type KnownGraph, mayGoOn, type StoredCheckpoint, type StoredState, storedState } from "./stored";

/**
 * A new run that goes on from a checkpoint of an earlier one, in a new branch of the thread. It has the rights of now: whoever may
 * not ask the agent any more is refused, and what they may not read any more is not in its state.
 */
export async function forkRun(ctx: ServiceContext, input: ForkRun): Promise<ForkedRun> {
	const user = requireUser(ctx);
	const { actor } = ctx;
	if (actor.kind !== "user" && actor.kind !== "apiKey")
		throw new AppError("FORBIDDEN", "Only a person or their key can start a run.");
	const key = actor.kind === "apiKey" ? actor : null;
	const [runId, branchId] = [randomUUID(), randomUUID()];
	return ctx.db.transaction(async (tx) => {
		const from = await findOwnRun(ctx, tx, input);
		const stored = await findCheckpoint(tx, input);
		const { graph } = from;
		expectEditable(stored, graph, input);
		// Its agent as it is today, which may search elsewhere than it did then.
		const { agentId, agentVersionId, ...today } = await chooseAgent(tx, user, from.agentId);
		if (today.graph !== graph) throw new AppError("CONFLICT", "This agent works in another way today: ask it anew.");
		const picked = await pickPrompt(tx, today, user.userId);
		const allowed = await collectionsOf(tx, agentVersionId);
		const before = await storedState(tx, { runId: input.runId, graph }, stored);
		const state = await editedState(ctx, before, input, narrowed(allowed, from.collectionIds));
		const question = input.question ?? from.question;
		const { reserved, rules } = await askBudget(
			tx,
			user.userId,
			question + JSON.stringify(from.conversation ?? ""),
			key,
			{
				threadId: from.threadId,
				...(graph === "research" ? { atLeast: capsOf(today.caps, graph).tokens } : {}),
			},
		);
		const keyId = key?.keyId ?? null;
		await holdRun(tx, rules, { runId, whose: { userId: user.userId, keyId, agentId }, tokens: reserved });
		const { threadId } = from;
		await tx.insert(threadBranches).values({ id: branchId, threadId, fromRunId: from.id, runId });
		await writeSegments(tx, branchId, from);
		await tx.insert(runs).values({
			...{ id: runId, threadId, branchId, forkedFrom: from.id, userId: user.userId, agentId, agentVersionId, question },
			...picked,
			...{ sessionId: actor.kind === "user" ? actor.sessionId : null, keyId: key?.keyId ?? null },
			...{ collectionIds: from.collectionIds, conversation: from.conversation, requestId: ctx.requestId },
			lastSeq: state.supporting ? 1 : 0,
		});
		// Whoever follows the run knows by this what its marks stand for: the step that tells it lies before the checkpoint.
		const citations = state.supporting ? await citationsOf(ctx, state) : [];
		if (state.supporting)
			await tx
				.insert(runEvents)
				.values({ runId, runAt: askedAt(runId), seq: 1, type: "passages.found", data: { citations } });
		await tx.insert(budgetEntries).values({ runId, userId: user.userId, keyId: key?.keyId ?? null, reserved });
		await copyCheckpoint(tx, { from: from.id, checkpointId: stored.id, to: runId, state, graph });
		await audit(ctx, tx, {
			...{ action: "run.fork", resource: "run", resourceId: runId, runId },
			detail: { threadId, agentId, agentVersionId, branchId, from: from.id, checkpoint: stored.id },
			before: { question: before.question, passages: before.supporting ?? null },
			after: { question: state.question, passages: input.passages ?? before.supporting ?? null },
		});
		await tx.execute(sql`select pg_notify(${runsChannelOf}, '')`);
		return { runId, threadId, branchId };
	});
}

async function collectionsOf(tx: Tx, versionId: string): Promise<string[] | null> {
	const { collectionIds } = agentVersions;
	const [version] = await tx.select({ collectionIds }).from(agentVersions).where(eq(agentVersions.id, versionId));
	return version?.collectionIds ?? null;
}

function expectEditable({ next }: StoredCheckpoint, graph: KnownGraph, input: ForkRun): void {
	if (next.length === 0) throw new AppError("CONFLICT", "The run had ended here: choose an earlier checkpoint.");
	if (!mayGoOn(graph, next))
		throw new AppError("CONFLICT", "Research goes on anew with its plan: choose the checkpoint at which that waited.");
	const allowed = graph === "research" ? [] : editableOf(next);
	const wanted: Editable[] = [];
	if (input.question !== undefined) wanted.push("question");
	if (input.passages !== undefined) wanted.push("passages");
	const refused = wanted.find((one) => !allowed.includes(one));
	if (refused) throw new AppError("CONFLICT", `The ${refused} can't be edited at this checkpoint.`);
}

function narrowed(allowed: string[] | null, wanted: string[] | null): string[] | null {
	if (!allowed) return wanted;
	return wanted ? wanted.filter((id) => allowed.includes(id)) : allowed;
}

/**
 * The state with what was edited, and without passages that the person may not read, or the agent not search, any more, and
 * without what tools answered of such documents.
 */
async function editedState(
	ctx: ServiceContext,
	before: StoredState,
	input: ForkRun,
	collectionIds: string[] | null,
): Promise<StoredState> {
	const found = before.findings?.passages ?? [];
	const outside = input.passages?.find((place) => place >= found.length);
	if (outside !== undefined)
		throw new AppError("INVALID_INPUT", `passages: there is no passage at the place ${outside}.`);
	const gone = new Set(await unreadableDocuments(ctx, [...new Set(found.map(({ documentId }) => documentId))]));
	const stays = found.map(
		({ documentId, collectionId }) => !gone.has(documentId) && (collectionIds?.includes(collectionId) ?? true),
	);
	const chosen = input.passages ? [...new Set(input.passages)] : (before.supporting ?? null);
	const kept = chosen?.filter((place) => stays[place]) ?? null;
	if (chosen && chosen.length > 0 && kept?.length === 0)
		throw new AppError("CONFLICT", "None of these passages may be read by you any more: go on from before the search.");
	const memory = before.remembered?.memory;
	const isMemoryGone = memory ? (await unreadableDocuments(ctx, memory.documentIds)).length > 0 : false;
	const placeAfter = (place: number) => stays.slice(0, place).filter(Boolean).length;
	return {
		...before,
		question: input.question ?? before.question,
		collectionIds,
		findings: before.findings && { ...before.findings, passages: found.filter((_, place) => stays[place]) },
		supporting: kept?.map(placeAfter) ?? null,
		remembered: isMemoryGone ? null : before.remembered,
		rounds: await readableRounds(ctx, before.rounds),
	};
}

async function citationsOf(ctx: ServiceContext, state: StoredState): Promise<Citation[]> {
	const passages = await passagesOf(ctx, state);
	return (state.supporting ?? []).flatMap((place, at) => {
		const passage = passages[place];
		if (!passage) return [];
		const { place: _, isChosen: __, mayRead: ___, ...citation } = passage;
		return { ...citation, marker: at + 1 };
	});
}

/** What a branch takes over from those that it grew out of: all that came before the run that it went on from. */
async function writeSegments(tx: Tx, branchId: string, from: typeof runs.$inferSelect): Promise<void> {
	await tx.execute(sql`
		insert into ${branchSegments} (branch_id, of_branch_id, before)
		select ${branchId}::uuid, r.branch_id, r.created_at from ${runs} r where r.id = ${from.id}
		union all select ${branchId}::uuid, s.of_branch_id, s.before from ${branchSegments} s where s.branch_id = ${from.branchId}`);
}

/** Only what may be edited, and what today's rights make of it, is written anew; what the earlier run took is not the new one's. */
async function copyCheckpoint(
	tx: Tx,
	{
		from,
		checkpointId,
		to,
		state,
		graph,
	}: { from: string; checkpointId: string; to: string; state: StoredState; graph: KnownGraph },
): Promise<void> {
	const { question, collectionIds, findings, supporting, remembered, rounds } = state;
	// Before its plan is let go on research has found nothing.
	const ofAssistant = { findings, supporting, remembered, rounds, window: null };
	const edited = {
		...{ question, collectionIds },
		...(graph === "assistant" ? ofAssistant : {}),
		spent: { steps: 0, inputTokens: 0, outputTokens: 0 },
	};
	const values = JSON.stringify(
		Object.entries(edited).map(([channel, value]) => ({ channel, value: JSON.stringify(value ?? null) })),
	);
	await tx.execute(sql`
		insert into langgraph.checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
		select ${to}, '', b.channel, b.version, b.type,
			case when b.type = 'json' and e.channel is not null then convert_to(e.value, 'utf8') else b.blob end
		from langgraph.checkpoints c
		cross join lateral jsonb_each_text(c.checkpoint -> 'channel_versions') v
		join langgraph.checkpoint_blobs b on b.thread_id = c.thread_id and b.checkpoint_ns = '' and b.channel = v.key and b.version = v.value
		left join json_to_recordset(${values}::text::json) as e (channel text, value text) on e.channel = b.channel
		where c.thread_id = ${from} and c.checkpoint_ns = '' and c.checkpoint_id = ${checkpointId}`);
	await tx.execute(sql`
		insert into langgraph.checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
		select ${to}, '', checkpoint_id, null, type, checkpoint, metadata from langgraph.checkpoints
		where thread_id = ${from} and checkpoint_ns = '' and checkpoint_id = ${checkpointId}`);
}
