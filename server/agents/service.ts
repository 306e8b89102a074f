import { and, desc, eq, isNull, lt, or, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { agents, prompts, promptVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/cursor";
import { AppError, notFound } from "@/server/core/errors";
import type { Page } from "@/server/core/pagination";
import type { Agent, CreateAgent, OneAgent, UpdateAgent } from "./contract";

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

const select = (ctx: ServiceContext) =>
	ctx.db.orm
		.select(columns)
		.from(agents)
		.leftJoin(promptVersions, eq(promptVersions.id, agents.promptVersionId))
		.leftJoin(prompts, eq(prompts.id, promptVersions.promptId));

/** Agents are the organisation's; which documents one searches for a person is that person's right, not the agent's. */
export async function listAgents(ctx: ServiceContext, input: Page): Promise<{ rows: Agent[]; next: string | null }> {
	const after = decodeCursor(input.cursor);
	const at = sql`date_trunc('milliseconds', ${agents.createdAt})`;
	const rows = await select(ctx)
		.where(
			and(
				isNull(agents.archivedAt),
				after
					? or(
							lt(at, sql`${after[0]}::timestamptz`),
							and(eq(at, sql`${after[0]}::timestamptz`), lt(agents.id, String(after[1]))),
						)
					: undefined,
			),
		)
		.orderBy(desc(at), desc(agents.id))
		.limit(input.limit + 1);
	return toPage(rows, input.limit, (row) => [row.createdAt.toISOString(), row.id]);
}

export async function getAgent(ctx: ServiceContext, input: OneAgent): Promise<Agent> {
	const [agent] = await select(ctx).where(and(eq(agents.id, input.agentId), isNull(agents.archivedAt)));
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
