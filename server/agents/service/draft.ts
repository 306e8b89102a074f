import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agents, agentVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import type { AgentVersion, AskReview, OneAgent, ReviewDraft, SaveDraft } from "../contract";
import { type Definition, definitionOf, expectGivable, forAudit } from "./definition";
import { type Draft, holdManaged, readDraft, readPublished } from "./hold";
import { tellAuthors, tellReviewers } from "./tell-review";
import { getDraft } from "./versions";

/** Of a version, what it is made of. */
export const definitionIn = (version: Definition): Definition => {
	const { graph, extractSchema, answerSchema, promptVersionId, promptLabel, model, whenAway, window } = version;
	const { collectionIds, tools, approvalTools, caps, promptValues, answering } = version;
	return {
		...{ graph, extractSchema, answerSchema, promptVersionId, promptLabel, model, whenAway, window },
		...{ collectionIds, tools, approvalTools, caps, promptValues, answering },
	};
};
const blank = {
	graph: "assistant",
	promptVersionId: null,
	promptLabel: null,
	model: null,
	collectionIds: null,
} as const;

/** The draft, which must be there and, where the caller says which one they read, be that one still. */
export async function expectDraft(tx: Tx, agentId: string, basedOn: number | undefined): Promise<Draft> {
	const draft = await readDraft(tx, agentId);
	if (!draft) throw notFound("A draft of this agent");
	expectUnchanged("this draft", basedOn, draft.revision);
	return draft;
}

/** Whoever looks at the agent is told of its draft, so its own version goes on with it. */
const touch = (tx: Tx, agentId: string) =>
	tx.update(agents).set({ updatedAt: sql`now()` }).where(eq(agents.id, agentId));

/** Writes on the draft, or begins one from what answers. An approval holds for what was looked at, so it is gone with this. */
export async function saveDraft(ctx: ServiceContext, input: SaveDraft): Promise<AgentVersion> {
	const { agentId, basedOn, message } = input;
	const change = definitionOf(input);
	await ctx.db.transaction(async (tx) => {
		const held = await holdManaged(ctx, tx, agentId);
		const draft = await readDraft(tx, agentId);
		expectUnchanged("this draft", basedOn, draft?.revision ?? 0);
		const from = draft ?? (await readPublished(tx, held));
		await expectGivable(ctx, tx, change, from ?? undefined);
		const { userId } = requireUser(ctx);
		const written = { ...change, ...(message === undefined ? {} : { message }) };
		if (draft)
			await tx
				.update(agentVersions)
				.set({ ...written, ...reopened(draft, userId) })
				.where(eq(agentVersions.id, draft.id));
		else
			await tx.insert(agentVersions).values({
				...(from ? definitionIn(from) : blank),
				...written,
				...{ agentId, basedOn: from?.version ?? null, authorIds: [userId] },
			});
		await touch(tx, agentId);
		const before = from ? { ...definitionIn(from), message: draft?.message ?? "" } : {};
		await audit(ctx, tx, {
			action: "agent.draft",
			resource: "agent",
			resourceId: agentId,
			detail: { revision: (draft?.revision ?? 0) + 1 },
			before: Object.fromEntries(Object.entries(forAudit(before)).filter(([key]) => key in written)),
			after: forAudit(written),
		});
	});
	return getDraft(ctx, { agentId });
}

/** What becomes of a draft that somebody writes on: theirs too, and looked at by nobody. */
export const reopened = (draft: Pick<Draft, "authorIds" | "revision">, userId: string) => ({
	authorIds: [...draft.authorIds.filter((id) => id !== userId), userId],
	revision: draft.revision + 1,
	...{ isApproved: false, reviewAskedAt: null, reviewedBy: null, reviewedAt: null, reviewNote: "" },
	updatedAt: sql`now()`,
});

export async function discardDraft(ctx: ServiceContext, { agentId }: OneAgent): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const held = await holdManaged(ctx, tx, agentId);
		const draft = await expectDraft(tx, agentId, undefined);
		if (!held.publishedVersionId)
			throw new AppError("CONFLICT", "This agent has nothing but its draft: publish it, or archive the agent.");
		await tx.delete(agentVersions).where(eq(agentVersions.id, draft.id));
		await touch(tx, agentId);
		await audit(ctx, tx, {
			action: "agent.discard",
			resource: "agent",
			resourceId: agentId,
			detail: { revision: draft.revision },
			before: forAudit(definitionIn(draft)),
		});
	});
}

/** Says that the draft is ready to be looked at by somebody else. */
export async function askReview(ctx: ServiceContext, { agentId, basedOn }: AskReview): Promise<AgentVersion> {
	await ctx.db.transaction(async (tx) => {
		const { name } = await holdManaged(ctx, tx, agentId);
		const draft = await expectDraft(tx, agentId, basedOn);
		await tx
			.update(agentVersions)
			.set({ reviewAskedAt: sql`now()`, updatedAt: sql`now()` })
			.where(eq(agentVersions.id, draft.id));
		await touch(tx, agentId);
		// Who asks again while it waits tells nobody twice.
		const { authorIds } = draft;
		const isNew = draft.reviewAskedAt === null;
		const mails = isNew ? await tellReviewers(tx, { agentId, name, authorIds }, requireUser(ctx).name) : 0;
		await audit(ctx, tx, {
			action: "agent.ask-review",
			resource: "agent",
			resourceId: agentId,
			detail: { revision: draft.revision, mails },
		});
	});
	return getDraft(ctx, { agentId });
}

/** Approves exactly what was read, or sends it back with a reason. Nobody approves what they wrote on. */
export async function reviewDraft(ctx: ServiceContext, input: ReviewDraft): Promise<AgentVersion> {
	const { agentId, basedOn, decision, note } = input;
	const { userId, name: by } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const { name } = await holdManaged(ctx, tx, agentId);
		const draft = await expectDraft(tx, agentId, basedOn);
		if (draft.authorIds.includes(userId))
			throw new AppError("FORBIDDEN", "You wrote on this draft: somebody else who manages the agent has to review it.");
		const isApproved = decision === "approve";
		await tx
			.update(agentVersions)
			.set({
				...{ isApproved, reviewedBy: userId, reviewedAt: sql`now()`, reviewNote: note, updatedAt: sql`now()` },
				...(isApproved ? {} : { reviewAskedAt: null }),
			})
			.where(eq(agentVersions.id, draft.id));
		await touch(tx, agentId);
		const mails = await tellAuthors(tx, { agentId, name, authorIds: draft.authorIds }, { by, isApproved, note });
		await audit(ctx, tx, {
			action: isApproved ? "agent.approve" : "agent.return",
			resource: "agent",
			resourceId: agentId,
			reason: note,
			detail: { revision: draft.revision, mails },
		});
	});
	return getDraft(ctx, { agentId });
}
