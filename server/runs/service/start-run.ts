import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { agentVersions, budgetEntries, runs, threadBranches, threads } from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { holdRun } from "@/server/budgets/service";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { capsOf } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { type PromptOf, pickPrompt } from "@/server/prompts/service";
import { waivePlan } from "@/server/research/service";
import { checkQuestion } from "@/server/safety/service";
import type { StartedRun, StartRun } from "../contract";
import { runsChannel } from "../events";
import { branchAfter } from "./branch-after";
import { askBudget } from "./budget";

const longestTitle = 80;

/**
 * What an extraction or an experiment holds to from its start: the agent's version, what one run may take, and for an experiment
 * the prompt's version and the model that it asks in place of the agent's own.
 */
export type Pinned = { agentVersionId: string; tokens: number; promptVersionId?: string | null; model?: string | null };

/** Writes a run down and wakes an executor; the answer comes through the run's events. A person or a key starts runs: no agent does. */
export async function startRun(ctx: ServiceContext, asked: StartRun, pinned?: Pinned): Promise<StartedRun> {
	const user = requireUser(ctx);
	const { userId } = user;
	const { actor } = ctx;
	if (actor.kind !== "user" && actor.kind !== "apiKey")
		throw new AppError("FORBIDDEN", "Only a person or their key can start a run.");
	const key = actor.kind === "apiKey" ? actor : null;
	const startedWith = { sessionId: actor.kind === "user" ? actor.sessionId : null, keyId: key?.keyId ?? null };
	const runId = randomUUID();
	const checked = await checkQuestion(ctx, asked, {
		...{ runId, userId },
		agent: async () => (await agentFor(ctx.db.orm, user, asked)).agentId,
	});
	const { input } = checked;
	const threadId = input.threadId ?? randomUUID();
	await ctx.db.transaction(async (tx) => {
		// What does not wait for another's answer is sent together: one journey to the database instead of several.
		const [{ agentId, graph, caps, ...chosen }, { reserved: least, rules }] = await Promise.all([
			agentFor(tx, user, input),
			askBudget(tx, userId, input.question + (input.conversation ? JSON.stringify(input.conversation) : ""), key, {
				// What was said before in the thread of an extraction is of other documents, and goes to no model.
				...(pinned ? { atLeast: pinned.tokens } : { threadId: input.threadId }),
			}),
		]);
		const agentVersionId = pinned?.agentVersionId ?? chosen.agentVersionId;
		if (graph === "extract" && !pinned)
			throw new AppError("CONFLICT", "This agent extracts fields from documents: start an extraction with it.");
		const picked = await pickPrompt(tx, pinned ? await promptOf(tx, pinned) : chosen, userId);
		// Research asks a model many times: all that it may use is held back.
		const isResearch = graph === "research";
		const reserved = isResearch
			? (await askBudget(tx, userId, input.question, key, { atLeast: capsOf(caps, graph).tokens })).reserved
			: least;
		await holdRun(tx, rules, { runId, whose: { userId, keyId: startedWith.keyId, agentId }, tokens: least });
		const { after } = input;
		const branchId = after
			? await branchAfter(tx, { threadId, userId, afterId: after, runId })
			: (input.branchId ?? null);
		const row = {
			id: threadId,
			userId,
			agentId,
			title: titleOf(input.question),
			isCall: input.conversation !== undefined,
		};
		// On one connection they are carried out one after the other, whenever their answers come.
		await Promise.all([
			input.threadId
				? tx
						.update(threads)
						.set({ updatedAt: sql`now()`, title: sql`coalesce(nullif(${threads.title}, ''), ${row.title})` })
						.where(eq(threads.id, threadId))
				: tx.insert(threads).values(row),
			tx.insert(budgetEntries).values({ runId, userId, keyId: startedWith.keyId, reserved }),
			tx.insert(runs).values({
				id: runId,
				threadId,
				userId,
				agentId,
				agentVersionId,
				...picked,
				model: pinned?.model ?? null,
				isExperiment: pinned?.promptVersionId !== undefined,
				branchId,
				...startedWith,
				question: input.question,
				collectionIds: input.collectionIds ?? null,
				conversation: input.conversation ?? null,
				requestId: ctx.requestId,
			}),
			audit(ctx, tx, {
				action: "run.start",
				resource: "run",
				resourceId: runId,
				runId,
				detail: { threadId, agentId, agentVersionId },
			}),
			tx.execute(sql`select pg_notify(${runsChannel}, '')`),
		]);
		await checked.write(tx, { agentId, userId });
		if (isResearch && input.isPlanWaived) await waivePlan(tx, runId);
	});
	return { runId, threadId };
}

/** What a held version is told: a label that it follows is looked up for each run, unless its own was named. */
async function promptOf(tx: Tx, { agentVersionId, promptVersionId: named }: Pinned): Promise<PromptOf> {
	const { promptVersionId, promptLabel, promptValues } = agentVersions;
	const [version] = await tx
		.select({ promptVersionId, promptLabel, promptValues })
		.from(agentVersions)
		.where(eq(agentVersions.id, agentVersionId));
	const own = version ?? { promptVersionId: null, promptLabel: null, promptValues: {} };
	return named === undefined ? own : { ...own, promptVersionId: named, promptLabel: null };
}

/** The one named, else the thread's, else the default one. */
async function agentFor(tx: Reader, user: UserActor, input: StartRun): ReturnType<typeof chooseAgent> {
	let { agentId } = input;
	if (input.threadId) {
		const [thread] = await tx
			.select({ agentId: threads.agentId })
			.from(threads)
			.where(and(eq(threads.id, input.threadId), eq(threads.userId, user.userId)));
		if (!thread) throw notFound("This thread");
		agentId ??= thread.agentId;
	}
	if (input.branchId) await expectBranch(tx, input.threadId ?? "", input.branchId);
	return chooseAgent(tx, user, agentId);
}

async function expectBranch(tx: Reader, threadId: string, branchId: string): Promise<void> {
	const [branch] = await tx
		.select({ threadId: threadBranches.threadId })
		.from(threadBranches)
		.where(eq(threadBranches.id, branchId));
	if (branch?.threadId !== threadId) throw notFound("This branch");
}

function titleOf(question: string): string {
	const line = question.replace(/\s+/gu, " ").trim();
	if (line.length <= longestTitle) return line;
	const cut = line.slice(0, longestTitle);
	const atWord = cut.lastIndexOf(" ");
	return `${cut.slice(0, atWord > longestTitle / 2 ? atWord : longestTitle).toWellFormed()}…`;
}
