import { and, eq, getTableColumns, sql } from "drizzle-orm";
import superjson from "superjson";
import type { Tx } from "@/db/connection";
import { approvalDecisions, approvals } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { AnswerOwn, ApprovalDetail, Approve, Reject } from "../contract";
import { useMinutes } from "../contract";
import { notifyApprovals } from "../events";
import { atOnceOf } from "./at-once";
import { nameOf, personNow, whyNotDecide } from "./deciders";
import type { ApprovalRow } from "./outcome";
import { getApproval, mayReadApproval } from "./read";

type Decision = { state: "approved"; argumentsHash: string } | { state: "rejected"; reason: string };

/** Approved is what was looked at: its hash comes along. */
export const approve = (ctx: ServiceContext, input: Approve): Promise<ApprovalDetail> =>
	decide(ctx, input.approvalId, { state: "approved", argumentsHash: input.argumentsHash });

export const reject = (ctx: ServiceContext, input: Reject): Promise<ApprovalDetail> =>
	decide(ctx, input.approvalId, { state: "rejected", reason: input.reason });

/** What was asked for in one's own name: withdrawn at any time, allowed where no second person has to decide. */
export async function answerOwn(
	ctx: ServiceContext,
	{ approvalId, isAllowed, argumentsHash }: AnswerOwn,
): Promise<ApprovalDetail> {
	const { userId } = requirePerson(ctx);
	const [own] = await ctx.db.orm
		.select({ id: approvals.id })
		.from(approvals)
		.where(and(eq(approvals.id, approvalId), eq(approvals.requesterId, userId)));
	if (!own) throw notFound("This approval");
	if (!isAllowed) return decide(ctx, approvalId, { state: "rejected", reason: "It was withdrawn." });
	return decide(ctx, approvalId, { state: "approved", argumentsHash });
}

/** A key or an agent decides nothing: whoever has got hold of one could let through what they asked for themselves. */
export function requirePerson({ actor }: ServiceContext): UserActor {
	if (actor.kind !== "user") throw new AppError("FORBIDDEN", "Only a person decides, not a key or an agent.");
	return actor;
}

async function decide(ctx: ServiceContext, approvalId: string, decision: Decision): Promise<ApprovalDetail> {
	const person = requirePerson(ctx);
	const fact = { action: `approval.${decision.state === "approved" ? "approve" : "reject"}`, resource: "approval" };
	await ctx.db.transaction(async (tx) => {
		const row = await holdPending(ctx, tx, approvalId);
		const now = await personNow(tx, person.userId);
		if (!now) throw new AppError("UNAUTHENTICATED", "Your session has ended. Sign in again.");
		refuseWrongPerson(now, row, decision);
		const left = decision.state === "approved" ? await countIn(tx, row, { ...decision, userId: person.userId }) : 0;
		const detail = { tool: row.tool, digest: hashNow(row), requesterId: row.requesterId };
		if (left > 0) {
			await audit(ctx, tx, { ...fact, resourceId: approvalId, runId: row.runId, detail: { ...detail, left } });
			await notifyApprovals(tx, approvalId);
			return;
		}
		await tx
			.update(approvals)
			.set({
				state: decision.state,
				decidedBy: person.userId,
				decidedAt: sql`now()`,
				...(decision.state === "approved"
					? { useBy: sql`now() + make_interval(mins => ${useMinutes})` }
					: { reason: decision.reason }),
			})
			.where(eq(approvals.id, approvalId));
		await audit(ctx, tx, {
			...fact,
			resourceId: approvalId,
			runId: row.runId,
			...(decision.state === "rejected" ? { reason: decision.reason } : {}),
			detail,
		});
		if (decision.state === "approved") await doAtOnce(ctx, tx, row);
		await notifyApprovals(tx, approvalId);
	});
	return getApproval(ctx, { approvalId });
}

/** What is not called again is done here and now: with its approval, or neither. */
async function doAtOnce(ctx: ServiceContext, tx: Tx, row: ApprovalRow): Promise<void> {
	const once = atOnceOf(row.tool);
	if (!once) return;
	const answer = superjson.stringify(await once.act(ctx, tx, row));
	await tx.update(approvals).set({ state: "used", usedAt: sql`now()`, answer }).where(eq(approvals.id, row.id));
	const detail = { tool: row.tool, digest: hashNow(row) };
	await audit(ctx, tx, { action: "approval.use", resource: "approval", resourceId: row.id, detail });
}

/** What approving names: the arguments as they stand. */
export const hashNow = ({ edit, argumentsHash }: Pick<ApprovalRow, "edit" | "argumentsHash">): string =>
	edit?.argumentsHash ?? argumentsHash;

/** Counts one more person in, each once, and answers how many more it takes. */
async function countIn(
	tx: Tx,
	row: ApprovalRow,
	{ userId, argumentsHash }: { userId: string; argumentsHash: string },
): Promise<number> {
	if (argumentsHash !== hashNow(row))
		throw new AppError("CONFLICT", "These are not the arguments that you looked at. Look at them again.");
	const [counted] = await tx
		.insert(approvalDecisions)
		.values({ approvalId: row.id, userId, argumentsHash })
		.onConflictDoNothing()
		.returning({ userId: approvalDecisions.userId });
	if (!counted) throw new AppError("CONFLICT", "You have approved it already: it takes another person too.");
	return row.people - (await tx.$count(approvalDecisions, eq(approvalDecisions.approvalId, row.id)));
}

function refuseWrongPerson(person: UserActor, row: ApprovalRow, decision: Decision): void {
	const isOwn = row.requesterId === person.userId;
	// Taking something back needs nobody's leave.
	if (isOwn && decision.state === "rejected") return;
	const why = whyNotDecide(person, row);
	if (why !== null) throw new AppError("FORBIDDEN", why);
}

/** Holds it until the transaction ends; of two who decide at once, the second learns what the first has decided. */
export async function holdPending(ctx: ServiceContext, tx: Tx, approvalId: string): Promise<ApprovalRow> {
	const isLate = sql<boolean>`${approvals.expiresAt} <= clock_timestamp()`;
	const [row] = await tx
		.select({ ...getTableColumns(approvals), isLate })
		.from(approvals)
		.where(and(eq(approvals.id, approvalId), mayReadApproval(ctx)))
		.for("update");
	if (!row) throw notFound("This approval");
	switch (row.state) {
		case "pending":
			if (row.isLate) throw new AppError("CONFLICT", "It was not decided in time, and can't be any more.");
			return row;
		case "approved":
		case "used":
			throw new AppError("CONFLICT", `${await nameOf(tx, row.decidedBy)} has approved it already.`);
		case "rejected":
			throw new AppError("CONFLICT", `${await nameOf(tx, row.decidedBy)} has rejected it already.`);
		case "expired":
			throw new AppError("CONFLICT", "It was not decided in time, and can't be any more.");
		case "void":
			throw new AppError("CONFLICT", `It does not hold any more: ${row.reason ?? "what asked for it is gone"}`);
	}
}
