import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { agents, prompts, promptVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Agent, CreateAgent, ListAgents, OneAgent, UpdateAgent } from "./contract";

const columns = {
	id: agents.id,
	name: agents.name,
	description: agents.description,
	graph: agents.graph,
	promptVersionId: agents.promptVersionId,
	promptName: prompts.name,
	promptVersion: promptVersions.version,
	collectionIds: agents.collectionIds,
	isDefault: agents.isDefault,
	createdAt: agents.createdAt,
	updatedAt: agents.updatedAt,
};

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, ...more })
		.from(agents)
		.leftJoin(promptVersions, eq(promptVersions.id, agents.promptVersionId))
		.leftJoin(prompts, eq(prompts.id, promptVersions.promptId));

/** Agents are the organisation's; which documents one searches for a person is that person's right, not the agent's. */
export async function listAgents(
	ctx: ServiceContext,
	input: ListAgents,
): Promise<{ rows: Agent[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { name: agents.name, isDefault: agents.isDefault, createdAt: agents.createdAt },
		sort: { createdAt: agents.createdAt, name: agents.name },
		id: agents.id,
	});
	const rows = await select(ctx, { key: list.key })
		.where(and(isNull(agents.archivedAt), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getAgent(ctx: ServiceContext, input: OneAgent): Promise<Agent> {
	const [agent] = await select(ctx, {}).where(and(eq(agents.id, input.agentId), isNull(agents.archivedAt)));
	if (!agent) throw notFound("This agent");
	return agent;
}

const nameTaken = (name: string) => (error: unknown) => {
	if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `There is an agent named ${name} already.`);
	if (databaseCode(error) === "23503") throw notFound("This prompt version");
	throw error;
};

export async function createAgent(ctx: ServiceContext, input: CreateAgent): Promise<Agent> {
	const { userId } = requireUser(ctx);
	const agentId = await ctx.db
		.transaction(async (tx) => {
			const [row] = await tx
				.insert(agents)
				.values({ ...input, createdBy: userId })
				.returning({ id: agents.id });
			if (!row) throw new Error("the agent was not stored");
			await audit(ctx, tx, { action: "agent.create", resource: "agent", resourceId: row.id });
			return row.id;
		})
		.catch(nameTaken(input.name));
	return getAgent(ctx, { agentId });
}

export async function updateAgent(ctx: ServiceContext, { agentId, ...change }: UpdateAgent): Promise<Agent> {
	await ctx.db
		.transaction(async (tx) => {
			const [row] = await tx
				.update(agents)
				.set({ ...change, updatedAt: sql`now()` })
				.where(and(eq(agents.id, agentId), isNull(agents.archivedAt)))
				.returning({ id: agents.id });
			if (!row) throw notFound("This agent");
			await audit(ctx, tx, {
				action: "agent.update",
				resource: "agent",
				resourceId: agentId,
				detail: { fields: Object.keys(change) },
			});
		})
		.catch(nameTaken(change.name ?? ""));
	return getAgent(ctx, { agentId });
}

/** Its threads and runs stay; nobody can ask it any more. The default agent stays. */
export async function archiveAgent(ctx: ServiceContext, { agentId }: OneAgent): Promise<void> {
	const agent = await getAgent(ctx, { agentId });
	if (agent.isDefault) throw new AppError("CONFLICT", "The default agent can't be archived.");
	await ctx.db.transaction(async (tx) => {
		await tx
			.update(agents)
			.set({ archivedAt: sql`now()`, name: sql`${agents.name} || ' (archived ' || left(${agents.id}::text, 8) || ')'` })
			.where(eq(agents.id, agentId));
		await audit(ctx, tx, { action: "agent.archive", resource: "agent", resourceId: agentId });
	});
}
