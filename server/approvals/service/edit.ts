import { and, eq } from "drizzle-orm";
import { approvalDecisions, approvals, runs } from "@/db/schema";
import type { Cause } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { ApprovalDetail, EditApproval } from "../contract";
import { notifyApprovals } from "../events";
import { atOnceOf } from "./at-once";
import { readable, type ToolCall, type Work } from "./bind";
import { hashNow, holdPending, requirePerson } from "./decide";
import { whyNotDecide } from "./deciders";
import type { ApprovalRow } from "./outcome";
import { type Trial, tryOut } from "./preview";
import { getApproval } from "./read";

/** Whoever asked for a call: a person, and the agent and run through which they did. */
export type Asker = { cause: Cause; within: { agentId: string; runId: string } | null };

/** How a tool is tried out with other arguments, as whoever asked for the call: through the gate, like every call. */
export type TryCall = (
	ctx: ServiceContext,
	call: { asker: Asker; via: ApprovalRow["via"]; tool: string; input: Record<string, unknown> },
) => Promise<Trial>;

/** The gate's part of it: the call is done, looked at, and taken back. Throws what the call itself would. */
export async function tryCall(ctx: ServiceContext, call: ToolCall, work: Work<unknown>): Promise<Trial> {
	const { text, hash } = readable(call.input);
	const preview = call.risk === "read" ? null : await tryOut(ctx, work);
	const effect = (await call.effect(ctx)).slice(0, 2_000).toWellFormed();
	return { arguments: text, argumentsHash: hash, effect, preview };
}

/**
 * Puts other arguments in place of those that were asked for: checked and tried out as whoever asked, before anybody can
 * approve them. Who had approved the call as it was has not approved this one.
 */
export async function editApproval(ctx: ServiceContext, input: EditApproval, tryAs: TryCall): Promise<ApprovalDetail> {
	const person = requirePerson(ctx);
	const { approvalId } = input;
	const row = await ctx.db.transaction((tx) => holdPending(ctx, tx, approvalId));
	const why = whyNotDecide(person, row);
	if (why !== null) throw new AppError("FORBIDDEN", why);
	if (input.argumentsHash !== hashNow(row)) throw isOther();
	const given = readObject(input.arguments);
	expectNothingNew(row.arguments, given);
	const trial =
		(await atOnceOf(row.tool)?.tryWith(ctx, row, given)) ??
		(await tryAs(ctx, { asker: await askerOf(ctx, row), via: row.via, tool: row.tool, input: given }));
	if (trial.argumentsHash === hashNow(row)) throw new AppError("CONFLICT", "These are the same arguments.");
	await ctx.db.transaction(async (tx) => {
		const now = await holdPending(ctx, tx, approvalId);
		if (hashNow(now) !== hashNow(row)) throw isOther();
		const edit = { ...trial, by: person.userId, at: new Date().toISOString() };
		await tx.update(approvals).set({ edit }).where(eq(approvals.id, approvalId));
		await tx.delete(approvalDecisions).where(eq(approvalDecisions.approvalId, approvalId));
		await audit(ctx, tx, {
			action: "approval.edit",
			resource: "approval",
			resourceId: approvalId,
			runId: row.runId,
			detail: { tool: row.tool, requesterId: row.requesterId },
			before: { digest: hashNow(row) },
			after: { digest: trial.argumentsHash },
		});
		await notifyApprovals(tx, approvalId);
	});
	return getApproval(ctx, { approvalId });
}

const isOther = () => new AppError("CONFLICT", "These are not the arguments that you looked at. Look at them again.");

function readObject(text: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
	} catch {
		// Said below.
	}
	throw new AppError("INVALID_INPUT", "The arguments are not a JSON object.");
}

const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** It is done with the rights of whoever asked: nobody reaches through them for things that they did not name. */
function expectNothingNew(asked: string, given: unknown): void {
	const known = new Set(asked.toLowerCase().match(uuids));
	const named = JSON.stringify(given).toLowerCase().match(uuids) ?? [];
	if (named.some((id) => !known.has(id)))
		throw new AppError(
			"INVALID_INPUT",
			"An edit names nothing that the call did not name: reject it, and say what to ask for.",
		);
}

async function askerOf({ db }: ServiceContext, row: ApprovalRow): Promise<Asker> {
	const { agentId, runId, requesterId: userId, keyId } = row;
	const [run] = runId ? await db.orm.select({ sessionId: runs.sessionId }).from(runs).where(eq(runs.id, runId)) : [];
	const cause = { userId, keyId, sessionId: run?.sessionId ?? null };
	return { cause, within: agentId && runId ? { agentId, runId } : null };
}

/** What a person changed a run's call to before they approved it; null where it was done as it was asked for. */
export async function editedArguments(
	db: ServiceContext["db"],
	call: { runId: string; callId: string },
): Promise<string | null> {
	const [row] = await db.orm
		.select({ edit: approvals.edit })
		.from(approvals)
		.where(and(eq(approvals.runId, call.runId), eq(approvals.toolCallId, call.callId)));
	return row?.edit?.arguments ?? null;
}
