import { eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { budgets, users } from "@/db/schema";
import {
	ApprovalNeeded,
	carryOutAtOnce,
	countDeciders,
	demandsOf,
	type ToolCall,
	withApproval,
} from "@/server/approvals/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { readUserActor } from "@/server/core/rights";
import { tellModels } from "@/server/models/catalogue";
import { type AskedForMore, AskForMore, type BudgetRule, tokensOfADay } from "../contract";
import { askTool, limitText, ownRules } from "./own";
import { amountText } from "./refusal";
import { scopeOf } from "./write";

/** Whoever approves it lets another do what they may do themselves. */
const permission = "budgets:manage";

/**
 * Asks for more of a limit that binds the caller: a call that waits for a person, like those of agents. Who may approve it is
 * policy; approved, the limit is raised in the same transaction.
 */
export async function askForMore(ctx: ServiceContext, input: AskForMore): Promise<AskedForMore> {
	const user = requireUser(ctx);
	const { userId: requesterId } = user;
	if (ctx.actor.kind !== "user") throw new AppError("FORBIDDEN", "Only a person asks for more, in the console.");
	const rule = (await ownRules(ctx.db.orm, user)).find(({ id }) => id === input.limitId);
	if (!rule) throw notFound("This limit");
	if (input.most <= rule.most)
		throw invalidField(
			"most",
			`Ask for more than ${amountText(rule.measure, rule.most, rule.currency)}, which it is now.`,
		);
	const demands = await demandsOf(ctx.db.orm, { tool: askTool, agentId: null });
	const call: ToolCall = {
		...{ tool: askTool, version: "1", risk: "danger", permission, input, callId: null, demands },
		read: (text) => AskForMore.parse(JSON.parse(text)),
		effect: async ({ db }) => {
			const whose = rule.isEach || rule.subjectKind === "user" ? `For ${user.name}: ` : "";
			const [now, then] = [await limitText(db.orm, rule), amountText(rule.measure, input.most, rule.currency)];
			return `${whose}raise the limit “${now}” to ${then}. Why: ${input.reason}`;
		},
	};
	const asked = { requesterId, permission, approvers: demands?.approvers ?? [] } as const;
	const deciders = await countDeciders(ctx.db.orm, asked);
	try {
		await withApproval(ctx, call, (within) =>
			within.db.transaction((tx) => raise(within, tx, { requesterId, input, rule })),
		);
		return { approvalId: null, state: "raised", expiresAt: null, deciders };
	} catch (error) {
		if (!(error instanceof ApprovalNeeded)) throw error;
		const { id: approvalId, expiresAt } = error.approval;
		return { approvalId, state: "waiting", expiresAt, deciders };
	}
}

type Raise = { requesterId: string; input: AskForMore; rule: BudgetRule };

/** What each person has is not raised for all: whoever asked gets a budget of their own in its place. */
async function raise(ctx: ServiceContext, tx: Tx, { requesterId, input, rule }: Raise): Promise<string> {
	const own = { ...scopeOf(rule), subjectKind: "user", subject: requesterId, isEach: false } as const;
	const isOwn = rule.id === tokensOfADay || rule.isEach;
	const scope = isOwn ? own : scopeOf(rule);
	const [saved] = isOwn
		? await tx
				.insert(budgets)
				.values({ ...own, most: input.most, note: "Asked for and approved.", createdBy: userOf(ctx) })
				.onConflictDoUpdate({
					target: [
						budgets.subjectKind,
						budgets.subject,
						budgets.isEach,
						budgets.span,
						budgets.measure,
						budgets.currency,
					],
					set: raised(input.most),
				})
				.returning({ id: budgets.id, most: budgets.most })
		: await tx
				.update(budgets)
				.set(raised(input.most))
				.where(eq(budgets.id, rule.id))
				.returning({ id: budgets.id, most: budgets.most });
	if (!saved) throw notFound("This limit");
	await audit(ctx, tx, {
		...{ action: "budget.raise", resource: "budget", resourceId: saved.id, reason: input.reason },
		...(scope.subjectKind === "user" ? { subjectId: scope.subject } : {}),
		detail: { ...scope, requesterId },
		before: { most: rule.most },
		after: { most: saved.most },
	});
	await tellModels(tx);
	return saved.id;
}

const raised = (most: number) => ({
	most: sql<number>`greatest(${budgets.most}, ${most})`,
	revision: sql`${budgets.revision} + 1`,
	updatedAt: sql`now()`,
});

const userOf = ({ actor }: ServiceContext): string | null => (actor.kind === "user" ? actor.userId : null);

/** In the transaction of its approval, as whoever approved it. What the limit is by now counts, and that it still binds who asked. */
carryOutAtOnce(askTool, async (ctx, tx, { requesterId, arguments: asked }) => {
	const input = AskForMore.parse(JSON.parse(asked));
	const requester = await readUserActor(tx, requesterId, isNull(users.disabledAt));
	const rule = requester && (await ownRules(tx, requester)).find(({ id }) => id === input.limitId);
	if (!rule) throw new AppError("CONFLICT", "This limit is gone: reject it.");
	return raise(ctx, tx, { requesterId, input, rule });
});
