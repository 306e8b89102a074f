import { and, desc, eq, lte, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { approvals } from "@/db/schema";
import { actorChain } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { approvalAsked } from "@/server/jobs/events";
import { useMinutes } from "../contract";
import { notifyApprovals } from "../events";
import { type Bound, bind, type ToolCall, type Work } from "./bind";
import { countDeciders, nameOf } from "./deciders";
import { ApprovalNeeded, type ApprovalRow, notApproved } from "./outcome";
import { tryOut } from "./preview";
import { answerOf, refuseChanged, spendApproval, tooLate } from "./spend";

/**
 * A call that needs a person's word. The first time it is tried out, written down and refused with ApprovalNeeded; once it was
 * approved, the same call is carried out, once, in one transaction with the approval's use. NotApproved where it was not.
 */
export async function withApproval<T>(ctx: ServiceContext, call: ToolCall, work: Work<T>): Promise<T> {
	const bound = bind(ctx, call);
	await endOverdue(ctx, bound);
	const found = await findEarlier(ctx, bound, call);
	if (found && found.bindingHash !== bound.bindingHash) return refuseChanged(ctx, found);
	switch (found?.state) {
		case undefined:
			return ask(ctx, call, bound, work);
		case "pending":
			throw await needed(ctx.db.orm, found, call);
		case "approved":
			return spendApproval(ctx, call, { id: found.id, bound, work });
		case "used":
			return answerOf<T>(found);
		case "rejected":
		case "expired":
		case "void":
			throw notApproved(found, await nameOf(ctx.db.orm, found.decidedBy));
	}
}

/**
 * The approval that this call has had, if any. A run asks once for each of its calls; a program's call is answered by the newest
 * one for some minutes after it was decided, then the same words are another call.
 */
async function findEarlier({ db }: ServiceContext, bound: Bound, call: ToolCall): Promise<ApprovalRow | null> {
	const isIt =
		bound.runId !== null && call.callId !== null
			? and(eq(approvals.runId, bound.runId), eq(approvals.toolCallId, call.callId))
			: and(
					eq(approvals.bindingHash, bound.bindingHash),
					sql`(${approvals.state} in ('pending', 'approved')
						or (${approvals.state} in ('rejected', 'used') and ${approvals.decidedAt} > now() - make_interval(mins => ${useMinutes})))`,
				);
	const [found] = await db.orm.select().from(approvals).where(isIt).orderBy(desc(approvals.createdAt)).limit(1);
	return found ?? null;
}

/** Time decides by itself, whether or not the job that writes it down has come by. */
async function endOverdue({ db }: ServiceContext, { bindingHash }: Bound): Promise<void> {
	const isIt = eq(approvals.bindingHash, bindingHash);
	await db.orm
		.update(approvals)
		.set({ state: "expired" })
		.where(and(isIt, eq(approvals.state, "pending"), lte(approvals.expiresAt, sql`now()`)));
	await db.orm
		.update(approvals)
		.set({ state: "void", reason: tooLate })
		.where(and(isIt, eq(approvals.state, "approved"), lte(approvals.useBy, sql`now()`)));
}

async function ask<T>(ctx: ServiceContext, call: ToolCall, bound: Bound, work: Work<T>): Promise<never> {
	// What could not be done is not asked for: whoever calls is told as if they had done it themselves.
	const preview = call.risk === "read" ? null : await tryOut(ctx, work);
	const effect = (await call.effect(ctx)).slice(0, 2_000).toWellFormed();
	const chain = await chainNow(ctx, bound);
	const row = await ctx.db.transaction(async (tx) => {
		const [made] = await tx
			.insert(approvals)
			.values({
				...bound,
				tool: call.tool,
				toolVersion: call.version,
				toolCallId: call.callId,
				risk: call.risk,
				permission: call.permission,
				effect,
				preview,
				chain,
				via: ctx.via,
				requestId: ctx.requestId,
				needsSecond: call.risk === "danger" || call.demands?.needsSecond === true,
				people: call.demands?.people ?? 1,
				approvers: call.demands?.approvers ?? [],
				expiresAt: sql`now() + make_interval(hours => ${env().QD_APPROVAL_HOURS})`,
			})
			.onConflictDoNothing()
			.returning();
		if (!made) return null;
		await audit(ctx, tx, {
			action: "approval.request",
			resource: "approval",
			resourceId: made.id,
			detail: { tool: call.tool, toolVersion: call.version, digest: bound.argumentsHash, target: bound.target },
		});
		await emit(tx, approvalAsked.create({ approvalId: made.id }));
		await notifyApprovals(tx, made.id);
		return made;
	});
	// The same call came twice at once, and the other one was written down.
	const asked = row ?? (await findEarlier(ctx, bound, call));
	if (!asked) throw new AppError("CONFLICT", "The same call is under way. Try again in a moment.");
	throw await needed(ctx.db.orm, asked, call);
}

/** Everyone behind the call by name: an agent by the one that it has now. */
async function chainNow(ctx: ServiceContext, { agentId }: Bound) {
	const [agent] = agentId
		? await ctx.db.orm.execute<{ name: string }>(sql`select name from agents where id = ${agentId}`)
		: [];
	return actorChain(ctx.actor).map((link) =>
		link.kind === "agent" ? { ...link, name: agent?.name ?? link.name } : link,
	);
}

async function needed(db: Reader, row: ApprovalRow, call: ToolCall): Promise<ApprovalNeeded> {
	const { id, effect, expiresAt, needsSecond } = row;
	const otherDeciders = needsSecond ? await countDeciders(db, { ...row, permission: call.permission }) : 0;
	return new ApprovalNeeded({ id, effect, expiresAt, needsSecond, otherDeciders });
}
