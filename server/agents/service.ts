import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { databaseCode, type Reader, type Tx } from "@/db/connection";
import { type AgentCaps, agents, prompts, promptVersions, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { installationCaps } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import { accessOf, mayAskAgent as mayAskAgentAtOnce, mayManageRow, mayReadRow, setAccess } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import {
	type Agent,
	type AskCaps,
	type CreateAgent,
	type GraphName,
	type ListAgents,
	leastResearchSteps,
	type OneAgent,
	type RunCaps,
	type UpdateAgent,
} from "./contract";

const columns = {
	id: agents.id,
	name: agents.name,
	description: agents.description,
	graph: agents.graph,
	promptVersionId: agents.promptVersionId,
	promptVersion: promptVersions.version,
	collectionIds: agents.collectionIds,
	tools: agents.tools,
	approvalTools: agents.approvalTools,
	caps: agents.caps,
	isDefault: agents.isDefault,
	access: accessOf("agent", agents.id),
	ownerName: users.name,
	revision: agents.revision,
	createdAt: agents.createdAt,
	updatedAt: agents.updatedAt,
};

const row = { id: agents.id, ownerId: agents.createdBy };
/** The agents that the person may ask: their own, and those shared with them in any way. */
const mayAsk = (user: UserActor) => and(isNull(agents.archivedAt), mayReadRow(user, "agent", row));
const mayReadPrompt = (user: UserActor) => mayReadRow(user, "prompt", { id: prompts.id, ownerId: prompts.ownerId });

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({
			...columns,
			promptName: sql<string | null>`case when ${mayReadPrompt(requireUser(ctx))} then ${prompts.name} end`,
			mayManage: mayManageRow(requireUser(ctx), "agent", row),
			...more,
		})
		.from(agents)
		.leftJoin(users, eq(users.id, agents.createdBy))
		.leftJoin(promptVersions, eq(promptVersions.id, agents.promptVersionId))
		.leftJoin(prompts, eq(prompts.id, promptVersions.promptId));

/** Which documents an agent searches for a person is that person's right, not the agent's. */
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
		.where(and(mayAsk(requireUser(ctx)), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getAgent(ctx: ServiceContext, input: OneAgent): Promise<Agent> {
	const [agent] = await select(ctx, {}).where(and(eq(agents.id, input.agentId), mayAsk(requireUser(ctx))));
	if (!agent) throw notFound("This agent");
	return agent;
}

/** Its own row's, and what the caller's rights and others' names add to it. */
export async function versionOfAgent(ctx: ServiceContext, { agentId }: OneAgent): Promise<Version> {
	const user = requireUser(ctx);
	const [of] = await ctx.db.orm
		.select({
			row: sql`agents.xmin::text`,
			revision: agents.revision,
			access: columns.access,
			mayManage: mayManageRow(user, "agent", row),
			owner: users.name,
			promptName: sql`case when ${mayReadPrompt(user)} then ${prompts.name} end`,
		})
		.from(agents)
		.leftJoin(users, eq(users.id, agents.createdBy))
		.leftJoin(promptVersions, eq(promptVersions.id, agents.promptVersionId))
		.leftJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(and(eq(agents.id, agentId), mayAsk(user)));
	if (!of) throw notFound("This agent");
	return { of, revision: of.revision };
}

const nameTaken = (name: string) => (error: unknown) => {
	if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `There is an agent named ${name} already.`);
	throw error;
};

export async function createAgent(ctx: ServiceContext, { access, ...input }: CreateAgent): Promise<Agent> {
	const { userId } = requireUser(ctx);
	expectFits(input);
	const agentId = await ctx.db
		.transaction(async (tx) => {
			await holdPromptVersion(ctx, tx, input.promptVersionId);
			const [made] = await tx
				.insert(agents)
				.values({ ...input, createdBy: userId })
				.returning({ id: agents.id });
			if (!made) throw new Error("the agent was not stored");
			await setAccess(tx, "agent", made.id, access);
			await audit(ctx, tx, {
				action: "agent.create",
				resource: "agent",
				resourceId: made.id,
				detail: { access },
				after: input,
			});
			return made.id;
		})
		.catch(nameTaken(input.name));
	return getAgent(ctx, { agentId });
}

export async function updateAgent(
	ctx: ServiceContext,
	{ agentId, access, basedOn, ...change }: UpdateAgent,
): Promise<Agent> {
	await ctx.db
		.transaction(async (tx) => {
			const before = await holdManaged(ctx, tx, agentId);
			expectUnchanged("this agent", basedOn, before.revision);
			expectFits({ ...change, graph: before.graph });
			if (change.promptVersionId !== before.promptVersionId) await holdPromptVersion(ctx, tx, change.promptVersionId);
			if (before.isDefault && access === "private") throw defaultIsForAll();
			await tx
				.update(agents)
				.set({ ...change, revision: before.revision + 1, updatedAt: sql`now()` })
				.where(eq(agents.id, agentId));
			if (access) await setAccess(tx, "agent", agentId, access);
			await audit(ctx, tx, {
				action: "agent.update",
				resource: "agent",
				resourceId: agentId,
				detail: { fields: Object.keys(change), ...(access ? { access } : {}) },
				before: Object.fromEntries(Object.entries(before).filter(([key]) => key in change)),
				after: change,
			});
		})
		.catch(nameTaken(change.name ?? ""));
	// An administrator who makes somebody's shared agent private may not see it any more, and is told all the same.
	const [agent] = await select(ctx, {}).where(eq(agents.id, agentId));
	if (!agent) throw notFound("This agent");
	return agent;
}

/** What the installation allows each run at most. */
export const runCaps = async ({ graph }: AskCaps): Promise<RunCaps> => installationCaps(graph);

/** An agent can have less than what the installation allows, not more. */
function expectFits({ graph, caps = {}, tools = [] }: Pick<CreateAgent, "graph" | "caps" | "tools">): void {
	const most = installationCaps(graph);
	for (const name of ["steps", "tokens", "cost", "minutes"] as const)
		if ((caps[name] ?? 0) > most[name])
			throw new AppError(
				"INVALID_INPUT",
				`This installation allows a run ${most[name].toLocaleString("en")} ${name} at most.`,
			);
	if (graph !== "research") return;
	if (tools.length > 0) throw new AppError("INVALID_INPUT", "A research agent searches documents, and calls no tools.");
	if ((caps.steps ?? leastResearchSteps) < leastResearchSteps)
		throw new AppError("INVALID_INPUT", `Research takes at least ${leastResearchSteps} steps.`);
}

export const defaultIsForAll = (): AppError =>
	new AppError("CONFLICT", "The default agent answers where nobody was chosen: it stays shared with everyone.");

/** Its threads and runs stay; nobody can ask it any more. The default agent stays. */
export async function archiveAgent(ctx: ServiceContext, { agentId }: OneAgent): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const { isDefault } = await holdManaged(ctx, tx, agentId);
		if (isDefault) throw new AppError("CONFLICT", "The default agent can't be archived.");
		await tx
			.update(agents)
			.set({ archivedAt: sql`now()`, name: sql`${agents.name} || ' (archived ' || left(${agents.id}::text, 8) || ')'` })
			.where(eq(agents.id, agentId));
		await audit(ctx, tx, { action: "agent.archive", resource: "agent", resourceId: agentId });
	});
}

/** The agent to ask, or the default one; read in the transaction that leans on it. */
export async function chooseAgent(
	tx: Reader,
	user: UserActor,
	agentId: string | undefined,
): Promise<{ id: string; graph: GraphName; caps: AgentCaps }> {
	const [agent] = await tx
		.select({ id: agents.id, graph: agents.graph, caps: agents.caps })
		.from(agents)
		.where(and(mayAsk(user), agentId ? eq(agents.id, agentId) : eq(agents.isDefault, true)))
		.limit(1);
	if (!agent) throw notFound("This agent");
	return agent;
}

export async function mayAskAgent(db: Reader, user: UserActor, agentId: string): Promise<boolean> {
	const [agent] = await db
		.select({ id: agents.id })
		.from(agents)
		.where(and(eq(agents.id, agentId), mayAsk(user)));
	return agent !== undefined;
}

/** The same for who knows the person by id only. */
export async function mayPersonAsk(db: Reader, userId: string, agentId: string): Promise<boolean> {
	const [row] = await db.execute<{ may: boolean }>(
		sql`select ${mayAskAgentAtOnce} as may from agents a, users u where a.id = ${agentId} and u.id = ${userId}`,
	);
	return row?.may ?? false;
}

/** What it may call, and what of that waits for a person, as it is at this moment. */
export async function agentTools(db: Reader, agentId: string): Promise<{ tools: string[]; approvalTools: string[] }> {
	const [agent] = await db
		.select({ tools: agents.tools, approvalTools: agents.approvalTools })
		.from(agents)
		.where(eq(agents.id, agentId));
	return agent ?? { tools: [], approvalTools: [] };
}

/** Holds the agent until the transaction ends. Throws where the person may not change it. */
async function holdManaged(ctx: ServiceContext, tx: Tx, agentId: string) {
	const user = requireUser(ctx);
	const [found] = await tx
		.select({
			name: agents.name,
			description: agents.description,
			graph: agents.graph,
			isDefault: agents.isDefault,
			revision: agents.revision,
			promptVersionId: agents.promptVersionId,
			collectionIds: agents.collectionIds,
			tools: agents.tools,
			approvalTools: agents.approvalTools,
			caps: agents.caps,
			mayManage: mayManageRow(user, "agent", row),
		})
		.from(agents)
		.where(and(eq(agents.id, agentId), mayAsk(user)))
		.for("update");
	if (!found) throw notFound("This agent");
	if (!found.mayManage)
		throw new AppError("FORBIDDEN", "You may ask this agent, but not change it. Ask its owner to do it.");
	return found;
}

/** An agent is only given a prompt that whoever gives it may read. What it has it keeps. */
async function holdPromptVersion(ctx: ServiceContext, tx: Tx, id: string | null | undefined): Promise<void> {
	if (!id) return;
	const [found] = await tx
		.select({ id: promptVersions.id })
		.from(promptVersions)
		.innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(and(eq(promptVersions.id, id), mayReadPrompt(requireUser(ctx))));
	if (!found) throw notFound("This prompt version");
}
