import type { AnyTRPCRouter } from "@trpc/server";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { tryCallOf } from "@/server/trpc/try-call";
import { Done, Nothing } from "@/server/users/contract";
import {
	AnswerOwn,
	ApprovalDetail,
	ApprovalPage,
	ApprovalRule,
	ApprovalRulePage,
	ApprovalsChange,
	Approve,
	EditApproval,
	ListApprovalRules,
	ListApprovals,
	OneApproval,
	OneApprovalRule,
	Reject,
	SaveApprovalRule,
	Waiting,
	WatchApprovals,
} from "./contract";
import {
	answerOwn,
	approve,
	countWaiting,
	editApproval,
	getApproval,
	listApprovals,
	listRules,
	reject,
	removeRule,
	saveRule,
	watchApprovals,
} from "./service";

/** `root` is asked for when called: this router is itself a part of it. */
export const approvalsRouter = (root: () => AnyTRPCRouter) =>
	router({
		list: procedure("approvals:read", {
			rest: "GET /approvals",
			summary: "List the calls of tools that wait or waited for approval: one's own, or all where one decides.",
			risk: "read",
		})
			.input(ListApprovals)
			.output(ApprovalPage)
			.query(({ ctx, input }) => listApprovals(ctx, input)),

		get: procedure("approvals:read", {
			rest: "GET /approvals/{approvalId}",
			summary: "Get an approval with the whole arguments of its call, and what the call would do.",
			risk: "read",
		})
			.input(OneApproval)
			.output(ApprovalDetail)
			.query(({ ctx, input }) => getApproval(ctx, input)),

		waiting: procedure("approvals:read", {
			rest: "GET /waiting-approvals",
			summary: "Count what waits for one's decision, and what one waits for oneself.",
			risk: "read",
		})
			.input(Nothing)
			.output(Waiting)
			.query(({ ctx }) => countWaiting(ctx)),

		watch: procedure("approvals:read", { risk: "read", limit: "stream" })
			.input(WatchApprovals)
			.output(ApprovalsChange)
			.subscription(({ ctx }) => watchApprovals(ctx)),

		approve: procedure("approvals:decide", {
			rest: "POST /approvals/{approvalId}/approve",
			summary: "Let a call be carried out, once and within 15 minutes, with exactly the arguments that were looked at.",
			risk: "danger",
		})
			.input(Approve)
			.output(ApprovalDetail)
			.mutation(({ ctx, input }) => approve(ctx, input)),

		edit: procedure("approvals:read", {
			rest: "POST /approvals/{approvalId}/edit",
			summary:
				"Put other arguments in place of those that were asked for, and see what they would do; then approve those.",
			risk: "write",
		})
			.input(EditApproval)
			.output(ApprovalDetail)
			.mutation(({ ctx, input }) => editApproval(ctx, input, tryCallOf(root))),

		listRules: procedure("approvals:decide", {
			rest: "GET /approval-rules",
			summary: "List which calls wait for approval beside the dangerous ones, and who may give it.",
			risk: "read",
		})
			.input(ListApprovalRules)
			.output(ApprovalRulePage)
			.query(({ ctx, input }) => listRules(ctx, input)),

		saveRule: procedure("approvals:manage", {
			rest: "POST /approval-rules",
			summary: "Set who approves the calls of a tool, an agent, or both; it replaces the rule for the same.",
			risk: "write",
			stepUp: true,
		})
			.input(SaveApprovalRule)
			.output(ApprovalRule)
			.mutation(({ ctx, input }) => saveRule(ctx, input)),

		removeRule: procedure("approvals:manage", {
			rest: "DELETE /approval-rules/{ruleId}",
			summary: "Remove a rule of who approves; what is dangerous waits all the same.",
			risk: "danger",
		})
			.input(OneApprovalRule)
			.output(Done)
			.mutation(async ({ ctx, input }) => {
				await removeRule(ctx, input);
				return { done: true };
			}),

		/** Refusing must not wait for a proof. */
		reject: procedure("approvals:decide", {
			rest: "POST /approvals/{approvalId}/reject",
			summary: "Refuse a call, with a reason that whoever asked is told.",
			risk: "write",
		})
			.input(Reject)
			.output(ApprovalDetail)
			.mutation(({ ctx, input }) => reject(ctx, input)),

		answerOwn: procedure("approvals:read", {
			rest: "POST /approvals/{approvalId}/answer",
			summary: "Allow what one's own agent asked for, where no second person has to decide; or withdraw it.",
			risk: "write",
		})
			.input(AnswerOwn)
			.output(ApprovalDetail)
			.mutation(({ ctx, input }) => answerOwn(ctx, input)),
	});
