import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { type AgentCaps, agents, agentVersions, prompts, promptVersions, users } from "@/db/schema";
import { actorMay, type UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { installationCaps } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import { accessOf, mayAskAgent as mayAskAgentAtOnce, setAccess } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import { modelChoices } from "@/server/models/service";
import type { PromptOf } from "@/server/prompts/service";
import type {
	Agent,
	AgentModels,
	AskCaps,
	CreateAgent,
	GraphName,
	ListAgents,
	OneAgent,
	RunCaps,
	UpdateAgent,
} from "../contract";
import {
	definitionColumns,
	definitionOf,
	expectGivable,
	forAudit,
	itsPrompt,
	itsPromptVersion,
	mayReadPrompt,
	shownValues,
	shownVersion,
} from "./definition";
import { type Held, holdManaged, insertAgent, mayAsk, mayManage, maySee, nameTaken, readPublished } from "./hold";

const columns = {
	id: agents.id,
	name: agents.name,
	description: agents.description,
	...definitionColumns,
	promptVersion: itsPromptVersion,
	version: agentVersions.version,
	hasDraft: sql<boolean>`exists (select 1 from agent_versions d where d.agent_id = ${agents.id} and d.version is null)`,
	needsReview: agents.needsReview,
	isDefault: agents.isDefault,
	access: accessOf("agent", agents.id),
	ownerName: users.name,
	revision: agents.revision,
	createdAt: agents.createdAt,
	updatedAt: agents.updatedAt,
};

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({
			...columns,
			promptName: sql<string | null>`case when ${mayReadPrompt(requireUser(ctx))} then ${prompts.name} end`,
			promptValues: shownValues(requireUser(ctx)),
			mayManage: mayManage(requireUser(ctx)),
			...more,
		})
		.from(agents)
		.innerJoin(agentVersions, sql`${agentVersions.id} = ${shownVersion}`)
		.leftJoin(users, eq(users.id, agents.createdBy))
		.leftJoin(promptVersions, eq(promptVersions.id, agentVersions.promptVersionId))
		.leftJoin(prompts, itsPrompt);

/** What others made and did not publish yet is nobody's business. */
const isShown = (user: UserActor) =>
	and(maySee(user), sql`(${agents.publishedVersionId} is not null or ${mayManage(user)})`);

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
		.where(and(isShown(requireUser(ctx)), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getAgent(ctx: ServiceContext, input: OneAgent): Promise<Agent> {
	const [agent] = await select(ctx, {}).where(and(eq(agents.id, input.agentId), isShown(requireUser(ctx))));
	if (!agent) throw notFound("This agent");
	return agent;
}

/** Its own row's, and what the caller's rights and others' names add to it. */
export async function versionOfAgent(ctx: ServiceContext, { agentId }: OneAgent): Promise<Version> {
	const user = requireUser(ctx);
	const [of] = await ctx.db.orm
		.select({
			row: sql`agents.xmin::text`,
			definition: sql`agent_versions.xmin::text`,
			promptVersion: itsPromptVersion,
			revision: agents.revision,
			access: columns.access,
			hasDraft: columns.hasDraft,
			mayManage: mayManage(user),
			owner: users.name,
			promptName: sql`case when ${mayReadPrompt(user)} then ${prompts.name} end`,
		})
		.from(agents)
		.innerJoin(agentVersions, sql`${agentVersions.id} = ${shownVersion}`)
		.leftJoin(users, eq(users.id, agents.createdBy))
		.leftJoin(promptVersions, eq(promptVersions.id, agentVersions.promptVersionId))
		.leftJoin(prompts, itsPrompt)
		.where(and(eq(agents.id, agentId), isShown(user)));
	if (!of) throw notFound("This agent");
	return { of, revision: of.revision };
}

export async function createAgent(
	ctx: ServiceContext,
	{ access, name, description, ...asked }: CreateAgent,
): Promise<Agent> {
	const { userId } = requireUser(ctx);
	const definition = definitionOf(asked);
	const agentId = await ctx.db
		.transaction(async (tx) => {
			await expectGivable(ctx, tx, definition);
			const agentId = await insertAgent(tx, { name, description, createdBy: userId, definition });
			await setAccess(tx, "agent", agentId, access);
			await audit(ctx, tx, {
				action: "agent.create",
				resource: "agent",
				resourceId: agentId,
				detail: { access, version: 1 },
				after: { name, description, ...forAudit(definition) },
			});
			return agentId;
		})
		.catch(nameTaken(name));
	return getAgent(ctx, { agentId });
}

/** What belongs to the definition is published at once, as a new version, unless somebody has to approve it first. */
export async function updateAgent(ctx: ServiceContext, input: UpdateAgent): Promise<Agent> {
	const { agentId, access, basedOn, ...change } = input;
	await ctx.db
		.transaction(async (tx) => {
			const held = await holdManaged(ctx, tx, agentId);
			expectUnchanged("this agent", basedOn, held.revision);
			if (held.isDefault && access === "private") throw defaultIsForAll();
			expectMayTakeBack(ctx, held, change.needsReview);
			const published = await publishChange(ctx, tx, { agentId, held, change });
			const { name, description, needsReview } = change;
			await tx
				.update(agents)
				.set({ name, description, needsReview, ...published?.set, revision: held.revision + 1, updatedAt: sql`now()` })
				.where(eq(agents.id, agentId));
			if (access) await setAccess(tx, "agent", agentId, access);
			const before = { ...held, ...published?.before };
			await audit(ctx, tx, {
				action: "agent.update",
				resource: "agent",
				resourceId: agentId,
				detail: { fields: Object.keys(change), ...(access ? { access } : {}), ...published?.detail },
				before: Object.fromEntries(Object.entries(forAudit(before)).filter(([key]) => key in change)),
				after: forAudit(change),
			});
		})
		.catch(nameTaken(change.name ?? ""));
	// An administrator who makes somebody's shared agent private may not see it any more, and is told all the same.
	const [agent] = await select(ctx, {}).where(eq(agents.id, agentId));
	if (!agent) throw notFound("This agent");
	return agent;
}

/** A new version of what answers, with what was asked for changed. Null where nothing of it belongs to the definition. */
async function publishChange(
	ctx: ServiceContext,
	tx: Tx,
	{ agentId, held, change }: { agentId: string; held: Held; change: Partial<UpdateAgent> },
) {
	const definition = definitionOf(change);
	if (Object.keys(definition).length === 0) return null;
	const published = await readPublished(tx, held);
	if (!published) throw new AppError("CONFLICT", "Nothing of this agent was published yet: change its draft.");
	if (held.needsReview)
		throw new AppError(
			"CONFLICT",
			"Another person has to approve what changes this agent: save a draft, and ask for a review.",
		);
	await expectGivable(ctx, tx, definition, published);
	const { userId } = requireUser(ctx);
	const before = Object.fromEntries(
		Object.keys(definitionColumns).map((key) => [key, published[key as keyof typeof published]]),
	);
	const version = held.latestVersion + 1;
	const [made] = await tx
		.insert(agentVersions)
		.values({
			...(before as typeof definition),
			...definition,
			...{ agentId, version, basedOn: published.version, authorIds: [userId], publishedBy: userId },
		})
		.returning({ id: agentVersions.id });
	return { before, set: { publishedVersionId: made?.id, latestVersion: version }, detail: { version } };
}

/** Who could take the review back by themselves would need none. */
function expectMayTakeBack(ctx: ServiceContext, held: Held, needsReview: boolean | undefined): void {
	if (needsReview !== false || !held.needsReview || actorMay(ctx.actor, "approvals:manage")) return;
	throw new AppError("FORBIDDEN", "That its changes are reviewed is taken back by who sets what waits for approval.");
}

/** What the installation allows each run at most. */
export const runCaps = async ({ graph }: AskCaps): Promise<RunCaps> => installationCaps(graph);

/** Which routes and models an agent may be given by name. */
export const agentModels = (ctx: ServiceContext): Promise<AgentModels> => modelChoices(ctx.db.orm);

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
): Promise<{ agentId: string; agentVersionId: string; graph: GraphName; caps: AgentCaps } & PromptOf> {
	const [agent] = await tx
		.select({
			agentId: agents.id,
			agentVersionId: agentVersions.id,
			graph: agentVersions.graph,
			caps: agentVersions.caps,
			promptVersionId: agentVersions.promptVersionId,
			promptLabel: agentVersions.promptLabel,
			promptValues: agentVersions.promptValues,
		})
		.from(agents)
		.innerJoin(agentVersions, eq(agentVersions.id, agents.publishedVersionId))
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

/** Of what, where: an agent in a run, which may be one that nobody wrote down, such as a trial. */
export type AgentInRun = { agentId: string; runId: string };

/**
 * What it may call, and what of that waits for a person: what the run's version was given, less what has been taken away from the
 * agent since. A version that is published later never gives a run more, and takes away at once.
 */
export async function agentTools(
	db: Reader,
	{ agentId, runId }: AgentInRun,
): Promise<{ tools: string[]; approvalTools: string[] }> {
	const { tools, approvalTools } = agentVersions;
	const rows = await db
		.select({ tools, approvalTools })
		.from(agentVersions)
		.where(
			sql`${agentVersions.id} in (select published_version_id from agents where id = ${agentId}
				union select agent_version_id from runs where id = ${runId} and agent_id = ${agentId})`,
		);
	const [first = { tools: [], approvalTools: [] }, ...others] = rows;
	return {
		tools: first.tools.filter((tool) => others.every((other) => other.tools.includes(tool))),
		approvalTools: rows.flatMap((row) => row.approvalTools),
	};
}
