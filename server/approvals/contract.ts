import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const approvalStates = ["pending", "approved", "rejected", "expired", "used", "void"] as const;
export const ApprovalState = z.enum(approvalStates);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** Longer arguments could not be read by whoever decides, so they are never asked for. */
export const mostArgumentChars = 16_000;
/** How long what was approved may wait to be carried out, in minutes. */
export const useMinutes = 15;

export const Approval = z.object({
	id: z.uuid(),
	state: ApprovalState.describe(
		"`pending` waits for a decision. `approved` is carried out when the call comes again, else it becomes `void`; `used` was carried out.",
	),
	tool: z.string().describe("The procedure that would be called."),
	risk: z.enum(["read", "write", "danger"]).describe("What the tool can do: read, write, or harm."),
	effect: z.string().describe("What it would do, in plain words. It quotes names that anybody may have given."),
	requesterId: z.uuid().describe("The person for whom it would be done."),
	requesterName: z.string().describe("What that person is called."),
	agentName: z.string().nullable().describe("The agent that asked; null where a program did."),
	via: z.string().describe("The face that the call came through."),
	needsSecond: z.boolean().describe("Whether somebody else than the requester has to decide."),
	mayDecide: z.boolean().describe("Whether the caller may decide it at this moment."),
	isOwn: z.boolean().describe("Whether it was asked for in the caller's name."),
	decidedByName: z.string().nullable().describe("Who decided; null while nobody has."),
	decidedAt: z.date().nullable().describe("When it was decided; null while it is not."),
	reason: z.string().nullable().describe("Why it was rejected or became void; null otherwise."),
	createdAt: z.date(),
	expiresAt: z.date().describe("Until when it can be decided."),
	useBy: z.date().nullable().describe("Until when what was approved can be carried out; null while it is not."),
	usedAt: z.date().nullable().describe("When it was carried out; null while it is not."),
});
export type Approval = z.infer<typeof Approval>;

export const ApprovalDetail = Approval.extend({
	toolVersion: z.string().describe("What the tool's definition came to when it was asked for."),
	arguments: z.string().describe("The arguments as canonical JSON (RFC 8785), whole."),
	argumentsHash: z.string().describe("SHA-256 of them, in hex: what approving names."),
	target: z.object({ kind: z.string(), id: z.string() }).nullable().describe("What the arguments name first."),
	preview: z
		.object({
			rows: z
				.array(
					z.object({
						table: z.string().describe("What kind of row."),
						added: z.int().describe("How many would be added."),
						changed: z.int().describe("How many would be changed."),
						removed: z.int().describe("How many would be removed."),
					}),
				)
				.describe("How many rows it touches."),
			acts: z
				.array(
					z.object({
						action: z.string(),
						resource: z.string().describe("What kind of thing it is done to."),
						resourceId: z.string().nullable(),
					}),
				)
				.describe("What the audit would say."),
		})
		.nullable()
		.describe("What the call did in a transaction that was rolled back."),
	chain: z
		.array(z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }))
		.describe("Everyone who stands behind the call, the person first."),
	permission: z.string().describe("The right that the call needs."),
	requesterMay: z.boolean().describe("Whether the requester has that right at this moment."),
	requesterRoles: z.array(z.string()).describe("The roles that the requester holds at this moment."),
	otherDeciders: z.int().describe("How many others than the requester may decide it."),
	whyNot: z.string().nullable().describe("Why the caller may not decide it; null where they may."),
	runId: z.uuid().nullable(),
	threadId: z.uuid().nullable().describe("The chat that it belongs to; null where the caller may not read it."),
});
export type ApprovalDetail = z.infer<typeof ApprovalDetail>;

export const ListApprovals = listOf(Approval, {
	filter: {
		state: asks.oneOf(approvalStates),
		tool: asks.text(100),
		requesterId: asks.id(),
		createdAt: asks.time(),
		expiresAt: asks.time(),
	},
	sort: ["createdAt", "expiresAt"],
});
export type ListApprovals = z.infer<typeof ListApprovals>;
export const ApprovalPage = pageOf(Approval);
export const OneApproval = z.strictObject({ approvalId: z.uuid() });
export type OneApproval = z.infer<typeof OneApproval>;

const Reason = z
	.string()
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
	.max(500);
export const Approve = z.strictObject({
	approvalId: z.uuid(),
	argumentsHash: z
		.string()
		.regex(/^[0-9a-f]{64}$/)
		.describe("That of the arguments which were looked at."),
});
export type Approve = z.infer<typeof Approve>;
export const Reject = z.strictObject({
	approvalId: z.uuid(),
	reason: Reason.min(1, "Say why: whoever asked is told.").describe("Why; whoever asked is told."),
});
export type Reject = z.infer<typeof Reject>;
export const AnswerOwn = z.strictObject({
	approvalId: z.uuid(),
	isAllowed: z.boolean().describe("False withdraws it. True needs that no second person has to decide."),
	argumentsHash: Approve.shape.argumentsHash,
});
export type AnswerOwn = z.infer<typeof AnswerOwn>;

export const Waiting = z.object({
	toDecide: z.int().describe("How many wait for a decision that the caller may make."),
	own: z.int().describe("How many of the caller's own wait for somebody."),
});
export type Waiting = z.infer<typeof Waiting>;
export const WatchApprovals = z.strictObject({ lastEventId: z.string().max(40).nullish() });
export const ApprovalsChange = Waiting.extend({ changedAt: z.date() });
export type ApprovalsChange = z.infer<typeof ApprovalsChange>;
