import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import {
	AnswerOwn,
	ApprovalDetail,
	ApprovalPage,
	ApprovalsChange,
	Approve,
	ListApprovals,
	OneApproval,
	Reject,
	Waiting,
	WatchApprovals,
} from "./contract";
import { answerOwn, approve, countWaiting, getApproval, listApprovals, reject, watchApprovals } from "./service";

export const approvalsRouter = router({
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
