import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agents, agentVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { expectFilledPrompt } from "@/server/prompts/service";
import type { Agent, PublishDraft, RestoreVersion } from "../contract";
import { getAgent } from "./agents";
import { expectWithin } from "./definition";
import { definitionIn, expectDraft, reopened } from "./draft";
import { type Held, holdManaged, readDraft, readPublished } from "./hold";

const notReviewed = () =>
	new AppError("CONFLICT", "Somebody who did not write it has to approve this first: ask for a review.");

/** Throws where another version answers by now than whoever decides has seen. */
async function expectOver(tx: Tx, held: Held, seen: number | null | undefined): Promise<{ version: number | null }> {
	const now = (await readPublished(tx, held))?.version ?? null;
	if (seen !== undefined && seen !== now)
		throw new AppError("CHANGED", `Version ${now} answers by now. Look at what it changed, then publish again.`);
	return { version: now };
}

const point = (tx: Tx, agentId: string, to: { held: Held; versionId: string; latest?: number }) =>
	tx
		.update(agents)
		.set({
			publishedVersionId: to.versionId,
			latestVersion: to.latest ?? to.held.latestVersion,
			revision: to.held.revision + 1,
			updatedAt: sql`now()`,
		})
		.where(eq(agents.id, agentId));

/** The draft gets the next number and answers from now on. Runs that are under way end with the version that they began with. */
export async function publishDraft(ctx: ServiceContext, input: PublishDraft): Promise<Agent> {
	const { agentId, basedOn, over, message } = input;
	await ctx.db.transaction(async (tx) => {
		const held = await holdManaged(ctx, tx, agentId);
		const draft = await expectDraft(tx, agentId, basedOn);
		if (held.needsReview && !draft.isApproved) throw notReviewed();
		const { version: from } = await expectOver(tx, held, over ?? draft.basedOn);
		expectWithin(draft);
		await expectFilledPrompt(tx, draft);
		const version = held.latestVersion + 1;
		await tx
			.update(agentVersions)
			.set({
				...{ version, publishedBy: requireUser(ctx).userId, updatedAt: sql`now()` },
				...(message === undefined ? {} : { message }),
			})
			.where(eq(agentVersions.id, draft.id));
		await point(tx, agentId, { held, versionId: draft.id, latest: version });
		await audit(ctx, tx, {
			action: "agent.publish",
			resource: "agent",
			resourceId: agentId,
			detail: { version },
			before: { version: from },
			after: { version },
		});
	});
	return getAgent(ctx, { agentId });
}

/** An earlier version answers again at once, or becomes the draft. */
export async function restoreVersion(ctx: ServiceContext, input: RestoreVersion): Promise<Agent> {
	const { agentId, version, as, over } = input;
	await ctx.db.transaction(async (tx) => {
		const held = await holdManaged(ctx, tx, agentId);
		const [old] = await tx
			.select()
			.from(agentVersions)
			.where(and(eq(agentVersions.agentId, agentId), eq(agentVersions.version, version)));
		if (!old) throw notFound("This version");
		const now = await expectOver(tx, held, over);
		if (as === "draft") {
			await restoreAsDraft(ctx, tx, { agentId, old, from: now.version });
		} else {
			if (now.version === version) throw new AppError("CONFLICT", "This version answers already.");
			if (held.needsReview && !old.isApproved) throw notReviewed();
			await point(tx, agentId, { held, versionId: old.id });
		}
		await audit(ctx, tx, {
			action: "agent.restore",
			resource: "agent",
			resourceId: agentId,
			detail: { version, as },
			...(as === "draft" ? {} : { before: now, after: { version } }),
		});
	});
	return getAgent(ctx, { agentId });
}

async function restoreAsDraft(
	ctx: ServiceContext,
	tx: Tx,
	{ agentId, old, from }: { agentId: string; old: typeof agentVersions.$inferSelect; from: number | null },
): Promise<void> {
	const { userId } = requireUser(ctx);
	const draft = await readDraft(tx, agentId);
	const written = { ...definitionIn(old), message: `As version ${old.version} was`, basedOn: from };
	if (draft)
		await tx
			.update(agentVersions)
			.set({ ...written, ...reopened(draft, userId) })
			.where(eq(agentVersions.id, draft.id));
	else await tx.insert(agentVersions).values({ ...written, agentId, authorIds: [userId] });
	await tx.update(agents).set({ updatedAt: sql`now()` }).where(eq(agents.id, agentId));
}
