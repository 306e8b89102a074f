import { eq, isNull, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { budgets, users } from "@/db/schema";
import {
	ApprovalNeeded,
	carryOutAtOnce,
	countDeciders,
	demandsOf,
	type ToolCall,
	tryCall,
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
	expectMore(rule, input);
	const demands = await demandsOf(ctx.db.orm, { tool: askTool, agentId: null });
	const call = callOf({ name: user.name, rule, input, demands });
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

function expectMore(rule: BudgetRule, { most }: AskForMore): void {
	if (most > rule.most) return;
	const now = amountText(rule.measure, rule.most, rule.currency);
	throw invalidField("most", `It has to be more than ${now}, which it is now.`);
}

type Call = Pick<ToolCall, "demands"> & { name: string; rule: BudgetRule; input: AskForMore };

const callOf = ({ name, rule, input, demands }: Call): ToolCall => ({
	...{ tool: askTool, version: "1", risk: "danger", permission, input, callId: null, demands },
	read: (text) => AskForMore.parse(JSON.parse(text)),
	effect: async ({ db }) => {
		const whose = rule.isEach || rule.subjectKind === "user" ? `For ${name}: ` : "";
		const [now, then] = [await limitText(db.orm, rule), amountText(rule.measure, input.most, rule.currency)];
		return `${whose}raise the limit “${now}” to ${then}. Why: ${input.reason}`;
	},
});

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

type Asked = { requesterId: string; arguments: string; edit: { arguments: string } | null };
const inputOf = ({ arguments: asked, edit }: Asked): AskForMore =>
	AskForMore.parse(JSON.parse(edit?.arguments ?? asked));

/** What the limit is by now counts, and that it still binds who asked. */
async function ruleNow(db: Reader, requesterId: string, limitId: string) {
	const requester = await readUserActor(db, requesterId, isNull(users.disabledAt));
	const rule = requester && (await ownRules(db, requester)).find(({ id }) => id === limitId);
	return rule ? { rule, name: requester.name } : null;
}
const gone = () => new AppError("CONFLICT", "This limit is gone: reject it.");

/** In the transaction of its approval, as whoever approved it. */
carryOutAtOnce(askTool, {
	act: async (ctx, tx, row) => {
		const { requesterId } = row;
		const input = inputOf(row);
		const now = await ruleNow(tx, requesterId, input.limitId);
		if (!now) throw gone();
		return raise(ctx, tx, { requesterId, input, rule: now.rule });
	},
	tryWith: async (ctx, row, given) => {
		const { requesterId } = row;
		const asked = inputOf(row);
		const read = AskForMore.safeParse(given);
		if (!read.success) throw invalidField("most", read.error.issues[0]?.message ?? "This is no amount.");
		const input = read.data;
		if (input.limitId !== asked.limitId || input.reason !== asked.reason)
			throw invalidField(
				"most",
				"Only the amount can be changed: the limit and the reason are those of whoever asked.",
			);
		const now = await ruleNow(ctx.db.orm, requesterId, input.limitId);
		if (!now) throw gone();
		expectMore(now.rule, input);
		return tryCall(ctx, callOf({ ...now, input, demands: null }), (within) =>
			within.db.transaction((tx) => raise(within, tx, { requesterId, input, rule: now.rule })),
		);
	},
	raiseOf: async (db, row) => {
		const { limitId, most } = inputOf(row);
		const now = await ruleNow(db, row.requesterId, limitId);
		if (!now) return null;
		const { measure, currency, most: limit } = now.rule;
		return { measure, currency, most, now: limit };
	},
});
