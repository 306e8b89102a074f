import { and, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { agents, approvalRules, groups, roles } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { isBuiltInRole } from "@/server/core/permissions";
import type { ApprovalRule, ListApprovalRules, OneApprovalRule, SaveApprovalRule } from "../contract";

/** What all rules that fit a call ask for together; null where none does. */
export type Demands = { people: number; needsSecond: boolean; approvers: string[][] };

export async function demandsOf(
	db: Reader,
	{ tool, agentId }: { tool: string; agentId: string | null },
): Promise<Demands | null> {
	const rules = await db
		.select({
			people: approvalRules.people,
			needsSecond: approvalRules.needsSecond,
			approvers: approvalRules.approvers,
		})
		.from(approvalRules)
		.where(
			and(
				or(isNull(approvalRules.tool), eq(approvalRules.tool, tool)),
				or(isNull(approvalRules.agentId), agentId ? eq(approvalRules.agentId, agentId) : undefined),
			),
		);
	if (rules.length === 0) return null;
	return {
		people: Math.max(...rules.map(({ people }) => people)),
		needsSecond: rules.some(({ needsSecond }) => needsSecond),
		approvers: rules.map(({ approvers }) => approvers).filter((keys) => keys.length > 0),
	};
}

type Named = { key: string; name: string };

/** Those of the keys that name a role or a group of this moment, with what people call them. */
export async function namesOf(db: Reader, keys: readonly string[]): Promise<Map<string, string>> {
	const others = keys.filter((key) => !isBuiltInRole(key));
	const rows =
		others.length === 0
			? []
			: await db.execute<Named>(sql`
				select id::text as key, name from ${roles} where id::text in ${others}
				union all select id::text, name from ${groups} where id::text in ${others}`);
	return new Map([
		...keys.filter(isBuiltInRole).map((key) => [key, key] as const),
		...rows.map((row) => [row.key, row.name] as const),
	]);
}

const select = <More extends Record<string, SQL>>(db: Reader, more: More) =>
	db
		.select({
			id: approvalRules.id,
			tool: approvalRules.tool,
			agentId: approvalRules.agentId,
			agentName: agents.name,
			approvers: approvalRules.approvers,
			people: approvalRules.people,
			needsSecond: approvalRules.needsSecond,
			updatedAt: approvalRules.updatedAt,
			...more,
		})
		.from(approvalRules)
		.leftJoin(agents, eq(agents.id, approvalRules.agentId));

async function named<Row extends { approvers: string[] }>(db: Reader, rows: Row[]) {
	const names = await namesOf(db, [...new Set(rows.flatMap(({ approvers }) => approvers))]);
	return rows.map((row) => ({
		...row,
		// Whom nobody can be any more: nobody can approve by it, and it has to be seen.
		approvers: row.approvers.map((key) => ({ key, name: names.get(key) ?? "a role or group that is gone" })),
	}));
}

export async function listRules(
	ctx: ServiceContext,
	input: ListApprovalRules,
): Promise<{ rows: ApprovalRule[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { tool: approvalRules.tool },
		sort: { createdAt: approvalRules.createdAt },
		id: approvalRules.id,
	});
	const rows = await select(ctx.db.orm, { key: list.key })
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: await named(ctx.db.orm, page.rows), next: page.next };
}

/** One rule for each tool and agent: what was there before is replaced. */
export async function saveRule(ctx: ServiceContext, input: SaveApprovalRule): Promise<ApprovalRule> {
	const { tool, agentId, ...asks } = input;
	const ruleId = await ctx.db.transaction(async (tx) => {
		await expectNamed(tx, input);
		const before = await holdRule(tx, input);
		const [saved] = await tx
			.insert(approvalRules)
			.values(input)
			.onConflictDoUpdate({
				target: [approvalRules.tool, approvalRules.agentId],
				set: { ...asks, updatedAt: sql`now()` },
			})
			.returning({ id: approvalRules.id });
		if (!saved) throw new Error("the rule was not stored");
		await audit(ctx, tx, {
			action: before ? "approval_rule.update" : "approval_rule.create",
			resource: "approval_rule",
			resourceId: saved.id,
			detail: { tool, agentId },
			...(before ? { before } : {}),
			after: asks,
		});
		return saved.id;
	});
	const [rule] = await named(ctx.db.orm, await select(ctx.db.orm, {}).where(eq(approvalRules.id, ruleId)));
	if (!rule) throw notFound("This rule");
	return rule;
}

async function holdRule(tx: Tx, { tool, agentId }: Pick<SaveApprovalRule, "tool" | "agentId">) {
	const [found] = await tx
		.select({
			approvers: approvalRules.approvers,
			people: approvalRules.people,
			needsSecond: approvalRules.needsSecond,
		})
		.from(approvalRules)
		.where(
			sql`${approvalRules.tool} is not distinct from ${tool} and ${approvalRules.agentId} is not distinct from ${agentId}::uuid`,
		)
		.for("update");
	return found ?? null;
}

async function expectNamed(tx: Tx, { agentId, approvers }: SaveApprovalRule): Promise<void> {
	if (agentId) {
		const [agent] = await tx.select({ id: agents.id }).from(agents).where(eq(agents.id, agentId));
		if (!agent) throw notFound("This agent");
	}
	const names = await namesOf(tx, approvers);
	if (approvers.some((key) => !names.has(key)))
		throw new AppError("NOT_FOUND", "One of these roles or groups was not found.");
}

export async function removeRule(ctx: ServiceContext, { ruleId }: OneApprovalRule): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [gone] = await tx.delete(approvalRules).where(eq(approvalRules.id, ruleId)).returning();
		if (!gone) throw notFound("This rule");
		const { tool, agentId, approvers, people, needsSecond } = gone;
		await audit(ctx, tx, {
			action: "approval_rule.remove",
			resource: "approval_rule",
			resourceId: ruleId,
			detail: { tool, agentId },
			before: { approvers, people, needsSecond },
		});
	});
}
