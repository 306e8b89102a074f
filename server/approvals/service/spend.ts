import { and, eq, getTableColumns, inArray, sql } from "drizzle-orm";
import superjson from "superjson";
import type { Tx } from "@/db/connection";
import { approvalDecisions, approvals, toolEffects } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { useMinutes } from "../contract";
import { notifyApprovals } from "../events";
import { type Bound, hashOf, type ToolCall, type Work } from "./bind";
import { hashNow } from "./decide";
import { nameOf, personNow, whyNotDecide } from "./deciders";
import { type ApprovalRow, NotApproved, notApproved } from "./outcome";
import { together } from "./preview";

export const tooLate = `it was not carried out within ${useMinutes} minutes of its approval.`;
const isChanged = "what was asked for is not what was approved.";

export const answerOf = <T>({ answer }: Pick<ApprovalRow, "answer">): T => superjson.parse<T>(answer ?? "null");

/** The approval does not hold: nothing is done with it. */
class DoesNotHold extends Error {
	constructor(
		readonly row: ApprovalRow | null,
		/** Null where it is not approved any more, by whatever happened meanwhile. */
		readonly problem: string | null,
	) {
		super("the approval does not hold");
	}
}

/** The approval's use and the call's effect: both, or neither. Of any number at once, one does it and the others get its answer. */
export async function spendApproval<T>(
	ctx: ServiceContext,
	call: ToolCall,
	{ id, bound, work }: { id: string; bound: Bound; work: Work<T> },
): Promise<T> {
	let instead: { input: unknown } | undefined;
	try {
		return await together<T>(ctx, {
			before: async (tx) => {
				const { edit } = await holdApproved(ctx, tx, { id, bound, call });
				instead = edit ? { input: call.read(edit.arguments) } : undefined;
			},
			work: (within) => work(within, instead),
			settle: async (tx, answer) => {
				await tx
					.update(approvals)
					.set({ state: "used", usedAt: sql`now()`, answer: superjson.stringify(answer) })
					.where(eq(approvals.id, id));
				const detail = { tool: call.tool, digest: instead ? hashOf(instead.input) : bound.argumentsHash };
				await audit(ctx, tx, { action: "approval.use", resource: "approval", resourceId: id, detail });
				await notifyApprovals(tx, id);
			},
		});
	} catch (error) {
		if (!(error instanceof DoesNotHold)) throw error;
		const { row, problem } = error;
		if (row?.state === "used") return answerOf<T>(row);
		if (!row) throw new NotApproved(id, "The approval is gone, and nothing was done.");
		if (problem === null) throw notApproved(row, await nameOf(ctx.db.orm, row.decidedBy));
		await voidApproval(ctx, id, problem);
		throw notApproved({ ...row, state: "void", reason: problem }, "");
	}
}

/** Holds it until the transaction ends. Rights of both, time and content count as they are now, not as they were when it was approved. */
async function holdApproved(
	ctx: ServiceContext,
	tx: Tx,
	{ id, bound, call }: { id: string; bound: Bound; call: ToolCall },
): Promise<ApprovalRow> {
	const isLate = sql<boolean>`coalesce(${approvals.useBy} <= clock_timestamp(), true)`;
	const [found] = await tx
		.select({ ...getTableColumns(approvals), isLate })
		.from(approvals)
		.where(eq(approvals.id, id))
		.for("update");
	if (found?.state !== "approved") throw new DoesNotHold(found ?? null, null);
	const fail = (problem: string) => new DoesNotHold(found, problem);
	if (found.isLate) throw fail(tooLate);
	if (found.bindingHash !== bound.bindingHash) throw fail(isChanged);
	const requester = await personNow(tx, found.requesterId);
	if (!requester?.permissions.has(call.permission) || !actorMay(ctx.actor, call.permission))
		throw fail("whoever asked for it may not do this any more.");
	const deciders = await tx
		.select({ userId: approvalDecisions.userId })
		.from(approvalDecisions)
		.where(and(eq(approvalDecisions.approvalId, id), eq(approvalDecisions.argumentsHash, hashNow(found))));
	const approvers = await Promise.all(deciders.map(({ userId }) => personNow(tx, userId)));
	const still = approvers.filter((one) => one !== null && whyNotDecide(one, found) === null);
	if (still.length < found.people) throw fail("whoever approved it may not approve this any more.");
	return found;
}

async function voidApproval(ctx: ServiceContext, id: string, reason: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [changed] = await tx
			.update(approvals)
			.set({ state: "void", reason })
			.where(and(eq(approvals.id, id), inArray(approvals.state, ["pending", "approved"])))
			.returning({ id: approvals.id });
		if (!changed) return;
		await audit(ctx, tx, {
			action: "approval.void",
			resource: "approval",
			resourceId: id,
			outcome: "denied",
			reason,
		});
		await notifyApprovals(tx, id);
	});
}

/** A run's call came again with other arguments, or of another definition. */
export async function refuseChanged(ctx: ServiceContext, { id }: ApprovalRow): Promise<never> {
	await voidApproval(ctx, id, isChanged);
	throw new NotApproved(id, `It was not carried out: ${isChanged}`);
}

/** Runs that have ended or are removed wait for nothing. */
export async function voidOfRuns(tx: Tx, runIds: readonly string[]): Promise<void> {
	if (runIds.length === 0) return;
	const ended = await tx
		.update(approvals)
		.set({ state: "void", reason: "the run that asked for it has ended." })
		.where(and(inArray(approvals.runId, [...runIds]), inArray(approvals.state, ["pending", "approved"])))
		.returning({ id: approvals.id });
	for (const { id } of ended) await notifyApprovals(tx, id);
}

export async function forgetEffects(tx: Tx, runIds: readonly string[]): Promise<void> {
	if (runIds.length > 0) await tx.delete(toolEffects).where(inArray(toolEffects.runId, [...runIds]));
}
