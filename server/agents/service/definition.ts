import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agents, agentVersions, collections, prompts, promptVersions } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { installationCaps } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { mayReadRow } from "@/server/core/grants";
import { modelNames } from "@/server/models/configured";
import { leastResearchSteps } from "../contract";

export const mayReadPrompt = (user: UserActor): SQL =>
	mayReadRow(user, "prompt", { id: prompts.id, ownerId: prompts.ownerId });
export const mayReadCollection = (user: UserActor): SQL =>
	mayReadRow(user, "collection", { id: collections.id, ownerId: collections.ownerId });

/** What an agent is made of, as its row holds it. */
export type Definition = Pick<
	typeof agentVersions.$inferSelect,
	"graph" | "promptVersionId" | "model" | "collectionIds" | "tools" | "approvalTools" | "caps"
>;
export const definitionColumns = {
	graph: agentVersions.graph,
	promptVersionId: agentVersions.promptVersionId,
	model: agentVersions.model,
	collectionIds: agentVersions.collectionIds,
	tools: agentVersions.tools,
	approvalTools: agentVersions.approvalTools,
	caps: agentVersions.caps,
} satisfies Record<keyof Definition, unknown>;

const names = Object.keys(definitionColumns) as (keyof Definition)[];
/** Of a change, what belongs to the definition. What is left out is not in it. */
export const definitionOf = (change: Partial<Definition>): Partial<Definition> =>
	Object.fromEntries(names.filter((name) => change[name] !== undefined).map((name) => [name, change[name]]));

/** What answers, or the draft where nothing was published yet. */
export const shownVersion = sql`coalesce(${agents.publishedVersionId},
	(select d.id from agent_versions d where d.agent_id = ${agents.id} and d.version is null))`;

/** An agent is only given what whoever gives it could use. What it has it keeps. */
export async function expectGivable(
	ctx: ServiceContext,
	tx: Tx,
	change: Partial<Definition>,
	before?: Definition,
): Promise<void> {
	expectWithin({ ...before, ...change });
	if (change.model && change.model !== before?.model) expectModel(change.model);
	const { promptVersionId: id } = change;
	if (!id || id === before?.promptVersionId) return;
	const [found] = await tx
		.select({ id: promptVersions.id })
		.from(promptVersions)
		.innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(and(eq(promptVersions.id, id), mayReadPrompt(requireUser(ctx))));
	if (!found) throw notFound("This prompt version");
}

function expectModel(model: string): void {
	const known = modelNames(env());
	if (known.includes(model)) return;
	const which = known.length > 0 ? `It has ${known.join(", ")}.` : "It has none: the built-in one answers.";
	throw invalidField("model", `This installation has no model of that name. ${which}`);
}

/** An agent can have less than what the installation allows, not more. */
export function expectWithin({ graph, caps = {}, tools = [] }: Partial<Definition>): void {
	const most = installationCaps(graph);
	for (const name of ["steps", "tokens", "cost", "minutes"] as const)
		if ((caps[name] ?? 0) > most[name])
			throw new AppError(
				"INVALID_INPUT",
				`This installation allows a run ${most[name].toLocaleString("en")} ${name} at most.`,
			);
	if (graph !== "research") return;
	if (tools.length > 0) throw invalidField("tools", "A research agent searches documents, and calls no tools.");
	if ((caps.steps ?? leastResearchSteps) < leastResearchSteps)
		throw invalidField("caps", `Research takes at least ${leastResearchSteps} steps.`);
}

/** The names of those collections that the person may read, by their ids. */
export async function collectionNames(ctx: ServiceContext, ids: readonly string[]): Promise<Map<string, string>> {
	if (ids.length === 0) return new Map();
	const rows = await ctx.db.orm
		.select({ id: collections.id, name: collections.name })
		.from(collections)
		.where(and(inArray(collections.id, [...ids]), mayReadCollection(requireUser(ctx))));
	return new Map(rows.map(({ id, name }) => [id, name]));
}
