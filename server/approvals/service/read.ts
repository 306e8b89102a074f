import { and, eq, gt, ne, not, or, type SQL, sql } from "drizzle-orm";
import { agents, approvalDecisions, approvals, runs, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { isPermission } from "@/server/core/permissions";
import { roleKeys } from "@/server/core/rights";
import type { Approval, ApprovalDetail, ListApprovals, OneApproval, Waiting } from "../contract";
import { atOnceOf } from "./at-once";
import { countDeciders, nameOf, personNow, rightToRead, whyNotDecide } from "./deciders";
import { namesOf } from "./rules";

/** One's own, and everybody's where one decides. */
export function mayReadApproval(ctx: ServiceContext): SQL | undefined {
	const user = requireUser(ctx);
	return user.permissions.has("approvals:decide") ? undefined : eq(approvals.requesterId, user.userId);
}

/** Time decides by itself, whether or not the job that writes it down has come by. */
const stateNow = sql<
	Approval["state"]
>`case when ${approvals.state} = 'pending' and ${approvals.expiresAt} <= now() then 'expired'
	when ${approvals.state} = 'approved' and ${approvals.useBy} <= now() then 'void' else ${approvals.state} end`;

const hasApproved = (ctx: ServiceContext) =>
	sql<boolean>`exists (select from approval_decisions
		where approval_id = ${approvals.id} and user_id = ${requireUser(ctx).userId})`;

const columnsFor = (ctx: ServiceContext) => ({
	id: approvals.id,
	state: stateNow,
	tool: approvals.tool,
	risk: approvals.risk,
	permission: approvals.permission,
	effect: approvals.effect,
	requesterId: approvals.requesterId,
	requesterName: users.name,
	agentName: agents.name,
	via: approvals.via,
	needsSecond: approvals.needsSecond,
	people: approvals.people,
	approvers: approvals.approvers,
	approvedBy: sql<number>`(select count(*)::int from approval_decisions where approval_id = ${approvals.id})`,
	hasApproved: hasApproved(ctx),
	decidedByName: sql<string | null>`(select name from users decider where decider.id = ${approvals.decidedBy})`,
	decidedAt: approvals.decidedAt,
	reason: approvals.reason,
	createdAt: approvals.createdAt,
	expiresAt: approvals.expiresAt,
	useBy: approvals.useBy,
	usedAt: approvals.usedAt,
});

const select = <More extends Record<string, SQL | SQL.Aliased>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columnsFor(ctx), ...more })
		.from(approvals)
		.innerJoin(users, eq(users.id, approvals.requesterId))
		.leftJoin(agents, eq(agents.id, approvals.agentId));

type Row = Omit<Approval, "mayDecide" | "isOwn"> & { permission: string; approvers: string[][]; hasApproved: boolean };

function judged<R extends Row>(ctx: ServiceContext, row: R) {
	const user = requireUser(ctx);
	const isOwn = row.requesterId === user.userId;
	const why =
		ctx.actor.kind !== "user"
			? "Only a person decides."
			: (whyNotDecide(user, row) ??
				(row.hasApproved ? "You have approved it already: it takes another person too." : null));
	return { ...row, isOwn, mayDecide: row.state === "pending" && why === null, whyNot: why };
}

export async function listApprovals(
	ctx: ServiceContext,
	input: ListApprovals,
): Promise<{ rows: Approval[]; next: string | null }> {
	const list = listQuery(input, {
		filter: {
			state: approvals.state,
			tool: approvals.tool,
			requesterId: approvals.requesterId,
			createdAt: approvals.createdAt,
			expiresAt: approvals.expiresAt,
		},
		sort: { createdAt: approvals.createdAt, expiresAt: approvals.expiresAt },
		id: approvals.id,
	});
	const rows = await select(ctx, { key: list.key })
		.where(and(mayReadApproval(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: page.rows.map((row) => judged(ctx, row)), next: page.next };
}

export async function getApproval(ctx: ServiceContext, { approvalId }: OneApproval): Promise<ApprovalDetail> {
	const { userId } = requireUser(ctx);
	const [row] = await ctx.db.orm
		.select({
			...columnsFor(ctx),
			edit: approvals.edit,
			toolVersion: approvals.toolVersion,
			arguments: approvals.arguments,
			argumentsHash: approvals.argumentsHash,
			target: approvals.target,
			preview: approvals.preview,
			chain: approvals.chain,
			runId: approvals.runId,
			threadId: sql<string | null>`case when ${runs.userId} = ${userId} then ${runs.threadId} end`,
			requesterRoles: sql<
				string[]
			>`array(select coalesce((select name from roles where id::text = held.role), held.role)
				from (${roleKeys}) held order by 1)`,
		})
		.from(approvals)
		.innerJoin(users, eq(users.id, approvals.requesterId))
		.leftJoin(agents, eq(agents.id, approvals.agentId))
		.leftJoin(runs, eq(runs.id, approvals.runId))
		.where(and(eq(approvals.id, approvalId), mayReadApproval(ctx)));
	if (!row) throw notFound("This approval");
	const seen = judged(ctx, row);
	const requester = await personNow(ctx.db.orm, row.requesterId);
	const { permission, approvers } = seen;
	const db = ctx.db.orm;
	const names = await namesOf(db, approvers.flat());
	const { edit } = row;
	const toRead = seen.isOwn ? null : rightToRead(row.tool);
	const hidden =
		toRead && !requireUser(ctx).permissions.has(toRead)
			? { arguments: "{}", whyHidden: `What it says is shown to those who hold ${toRead}.` }
			: null;
	return {
		...seen,
		whyHidden: null,
		...hidden,
		raise: (await atOnceOf(row.tool)?.raiseOf(db, row)) ?? null,
		approvers: approvers.map((keys) => keys.map((key) => names.get(key) ?? "a role or group that is gone")),
		edit: edit && { ...edit, byName: await nameOf(db, edit.by), ...(hidden ? { arguments: hidden.arguments } : {}) },
		approvals: await db
			.select({ name: users.name, at: approvalDecisions.at })
			.from(approvalDecisions)
			.innerJoin(users, eq(users.id, approvalDecisions.userId))
			.where(eq(approvalDecisions.approvalId, approvalId))
			.orderBy(approvalDecisions.at),
		requesterMay: isPermission(permission) && requester?.permissions.has(permission) === true,
		otherDeciders: isPermission(permission) ? await countDeciders(db, { ...seen, permission }) : 0,
	};
}

/** Whether each of its lists names one of these. */
const namesMe = (grantees: readonly string[]): SQL => sql`not exists (
	select from jsonb_array_elements(${approvals.approvers}) as named(keys)
	where not exists (select from jsonb_array_elements_text(named.keys) as one(key) where one.key in ${[...grantees]}))`;

/** What waits for the caller, and what the caller waits for. */
export async function countWaiting(ctx: ServiceContext): Promise<Waiting> {
	const user = requireUser(ctx);
	const isWaiting = and(eq(approvals.state, "pending"), gt(approvals.expiresAt, sql`now()`));
	const isOwn = eq(approvals.requesterId, user.userId);
	const decides = user.permissions.has("approvals:decide");
	const forMe = or(
		and(isOwn, eq(approvals.needsSecond, false)),
		decides ? ne(approvals.requesterId, user.userId) : undefined,
	);
	const isForMe = and(forMe, not(hasApproved(ctx)), namesMe(user.grantees));
	const [row] = await ctx.db.orm
		.select({
			toDecide: sql<number>`(count(*) filter (where ${isForMe}))::int`,
			own: sql<number>`(count(*) filter (where ${isOwn}))::int`,
		})
		.from(approvals)
		.where(and(isWaiting, decides ? undefined : isOwn));
	return row ?? { toDecide: 0, own: 0 };
}
