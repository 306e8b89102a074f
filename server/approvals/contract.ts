import { z } from "zod";
import { BudgetMeasure } from "@/server/budgets/contract";
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
	people: z.int().describe("How many have to approve it."),
	approvedBy: z.int().describe("How many have approved it as it stands."),
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

const Preview = z.object({
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
});

const RaiseAsked = z.object({
	measure: BudgetMeasure,
	currency: z.string().describe("Of money; empty for the installation's own prices and for what is no money."),
	most: z.int().describe("What the limit would be, as it was asked for or changed since."),
	now: z.int().describe("What it is at this moment."),
});
export type RaiseAsked = z.infer<typeof RaiseAsked>;

export const ApprovalDetail = Approval.extend({
	toolVersion: z.string().describe("What the tool's definition came to when it was asked for."),
	arguments: z.string().describe("The arguments as canonical JSON (RFC 8785), whole; `{}` where they are not shown."),
	whyHidden: z.string().nullable().describe("Why the arguments are not shown; null where they are."),
	argumentsHash: z.string().describe("SHA-256 of them, in hex: what approving names."),
	target: z.object({ kind: z.string(), id: z.string() }).nullable().describe("What the arguments name first."),
	preview: Preview.nullable().describe("What the call did in a transaction that was rolled back."),
	edit: z
		.object({
			arguments: z.string().describe("What is carried out in place of what was asked for: canonical JSON, whole."),
			argumentsHash: z.string().describe("SHA-256 of them: what approving names from then on."),
			effect: z.string().describe("What the call does with them, in plain words."),
			preview: Preview.nullable().describe("What it did when it was tried out; null where it only reads."),
			byName: z.string().describe("Who changed them."),
			at: z.iso.datetime(),
		})
		.nullable()
		.describe("Arguments that somebody who may decide put in place of those that were asked for."),
	raise: RaiseAsked.nullable().describe(
		"Of a request for more of a budget: the amount, which whoever decides may change. Null for every other call.",
	),
	approvals: z
		.array(z.object({ name: z.string(), at: z.date() }))
		.describe("Who has approved it as it stands, the first one first."),
	approvers: z
		.array(z.array(z.string()))
		.describe("Roles and groups: whoever approves is of one in every list. Empty: whoever may decide at all."),
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
export const EditApproval = Approve.extend({
	arguments: z
		.string()
		.max(mostArgumentChars)
		.describe("Other arguments, as a JSON object. They name nothing that those that were asked for do not name."),
});
export type EditApproval = z.infer<typeof EditApproval>;

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

const ToolPath = z
	.string()
	.regex(/^[a-zA-Z]+\.[a-zA-Z]+$/, "A tool's path looks like users.setRole.")
	.max(100);
const Approver = z.string().min(1).max(64).describe("The key of a role, or the id of a group.");

export const ApprovalRule = z.object({
	id: z.uuid(),
	tool: z.string().nullable().describe("The procedure that waits; null: every one that changes something."),
	agentId: z.uuid().nullable().describe("Whose calls wait; null: those of every agent and program."),
	agentName: z.string().nullable(),
	approvers: z
		.array(z.object({ key: z.string(), name: z.string() }))
		.describe("Roles and groups of which whoever approves has to be; none: whoever may decide at all."),
	people: z.int().describe("How many have to approve."),
	needsSecond: z.boolean().describe("Whether whoever it is done for can't approve it themselves."),
	updatedAt: z.date(),
});
export type ApprovalRule = z.infer<typeof ApprovalRule>;
export const ListApprovalRules = listOf(ApprovalRule, { filter: { tool: asks.text(100) }, sort: ["createdAt"] });
export type ListApprovalRules = z.infer<typeof ListApprovalRules>;
export const ApprovalRulePage = pageOf(ApprovalRule);
export const SaveApprovalRule = z.strictObject({
	tool: ToolPath.nullable().describe("Null: every procedure that changes something."),
	agentId: z.uuid().nullable().describe("Null: every agent, and programs."),
	approvers: z
		.array(Approver)
		.max(20)
		.default([])
		.describe("Of which roles and groups whoever approves has to be; none: whoever may decide at all."),
	people: z.int().min(1).max(2).default(1).describe("1 or 2."),
	needsSecond: z.boolean().default(true).describe("Not the person for whom it is done."),
});
export type SaveApprovalRule = z.infer<typeof SaveApprovalRule>;
export const OneApprovalRule = z.strictObject({ ruleId: z.uuid() });
export type OneApprovalRule = z.infer<typeof OneApprovalRule>;
