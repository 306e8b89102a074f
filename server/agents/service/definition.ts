import { and, inArray, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Tx } from "@/db/connection";
import { agents, agentVersions, collections, prompts, promptVersions } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { installationCaps } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField } from "@/server/core/errors";
import { mayReadRow } from "@/server/core/grants";
import { placeOf, readSchema } from "@/server/extractions/contract";
import { modelNames } from "@/server/models/service";
import { expectGivablePrompt } from "@/server/prompts/service";
import { leastResearchSteps } from "../contract";
import { readAnswerSchema } from "../contract/answer-schema";

export const mayReadPrompt = (user: UserActor): SQL =>
	mayReadRow(user, "prompt", { id: prompts.id, ownerId: prompts.ownerId });
export const mayReadCollection = (user: UserActor): SQL =>
	mayReadRow(user, "collection", { id: collections.id, ownerId: collections.ownerId });

/** What an agent is made of, as its row holds it. */
export type Definition = Pick<
	typeof agentVersions.$inferSelect,
	| "graph"
	| "extractSchema"
	| "answerSchema"
	| "promptVersionId"
	| "promptLabel"
	| "model"
	| "whenAway"
	| "collectionIds"
	| "tools"
	| "approvalTools"
	| "caps"
	| "window"
	| "promptValues"
	| "answering"
>;
export const definitionColumns = {
	graph: agentVersions.graph,
	extractSchema: agentVersions.extractSchema,
	answerSchema: agentVersions.answerSchema,
	promptVersionId: agentVersions.promptVersionId,
	promptLabel: agentVersions.promptLabel,
	model: agentVersions.model,
	whenAway: agentVersions.whenAway,
	collectionIds: agentVersions.collectionIds,
	tools: agentVersions.tools,
	approvalTools: agentVersions.approvalTools,
	caps: agentVersions.caps,
	window: agentVersions.window,
	promptValues: agentVersions.promptValues,
	answering: agentVersions.answering,
} satisfies Record<keyof Definition, unknown>;

const names = Object.keys(definitionColumns) as (keyof Definition)[];
/** Of a change, what belongs to the definition. What is left out is not in it. A version and a label take each other's place. */
export function definitionOf(change: Partial<Definition>): Partial<Definition> {
	const { promptVersionId, promptLabel } = change;
	if (promptVersionId && promptLabel)
		throw invalidField("promptLabel", "An agent has a version of a prompt or follows a label, not both.");
	const both = {
		...change,
		...(promptLabel ? { promptVersionId: null } : {}),
		...(promptVersionId !== undefined && promptLabel === undefined ? { promptLabel: null } : {}),
		// Another prompt has variables of its own.
		...(promptVersionId === null && !promptLabel && change.promptValues === undefined ? { promptValues: {} } : {}),
	};
	return Object.fromEntries(names.filter((name) => both[name] !== undefined).map((name) => [name, both[name]]));
}

/** As the audit has it: what stands for a prompt's variables is a part of its text, which is read by right. */
export const forAudit = (of: object): Record<string, unknown> => ({
	...of,
	...("promptValues" in of ? { promptValues: Object.keys(Object(of.promptValues)) } : {}),
});

/** What stands for the variables of its prompt, for who may read that; beside `prompts` of a query. */
export const shownValues = (user: UserActor) =>
	sql<Definition["promptValues"]>`case when ${mayReadPrompt(user)} then ${agentVersions.promptValues} else '{}' end`;

/** Beside `prompts` and `prompt_versions` of a query: which prompt a definition has, whether by a version or by a label. */
export const itsPrompt = sql`${prompts.id} = coalesce(${promptVersions.promptId}, (${agentVersions.promptLabel} ->> 'promptId')::uuid)`;
export const itsPromptVersion = sql<
	number | null
>`coalesce(${promptVersions.version}, (select v.version from prompt_labels l
	join prompt_versions v on v.id = l.version_id where l.prompt_id = (${agentVersions.promptLabel} ->> 'promptId')::uuid
	and l.name = ${agentVersions.promptLabel} ->> 'label'))`;

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
	if (change.model && change.model !== before?.model) await expectModel(tx, change.model);
	await expectPrompt(ctx, tx, { ...before, ...change }, before);
}

/** What it is told, as it would be with the change. What did not change was looked at when it was given. */
async function expectPrompt(
	ctx: ServiceContext,
	tx: Tx,
	{ promptVersionId = null, promptLabel = null, promptValues = {} }: Partial<Definition>,
	before: Definition | undefined,
): Promise<void> {
	const isSame =
		promptVersionId === (before?.promptVersionId ?? null) &&
		isSameLabel(promptLabel, before?.promptLabel ?? null) &&
		JSON.stringify(promptValues) === JSON.stringify(before?.promptValues ?? {});
	if (isSame) return;
	if (promptVersionId) return expectGivablePrompt(ctx, tx, { promptVersionId, promptValues });
	if (promptLabel) return expectGivablePrompt(ctx, tx, { promptLabel, promptValues });
	if (Object.keys(promptValues).length > 0)
		throw invalidField("promptValues", "Without a prompt there is nothing that takes values.");
}

const isSameLabel = (one: Definition["promptLabel"], other: Definition["promptLabel"] | undefined): boolean =>
	one?.promptId === other?.promptId && one?.label === other?.label;

async function expectModel(tx: Tx, model: string): Promise<void> {
	const known = await modelNames(tx);
	if (known.includes(model)) return;
	const which = known.length > 0 ? `It has ${known.join(", ")}.` : "It has none: the built-in one answers.";
	throw invalidField("model", `This installation has no route or model of that name. ${which}`);
}

/** An agent can have less than what the installation allows, not more. */
export function expectWithin(made: Partial<Definition>): void {
	const { graph, extractSchema = null, answerSchema = null, caps = {}, tools = [], answering = {} } = made;
	const most = installationCaps(graph);
	for (const name of ["steps", "depth", "tokens", "cost", "minutes"] as const)
		if ((caps[name] ?? 0) > most[name])
			throw new AppError(
				"INVALID_INPUT",
				`This installation allows a run ${most[name].toLocaleString("en")} ${name} at most.`,
			);
	expectSchema(graph, extractSchema);
	expectAnswerSchema(graph, answerSchema);
	if ((graph ?? "assistant") !== "assistant" && Object.keys(answering).length > 0)
		throw invalidField(
			"answering",
			"Only an agent that answers at once says from when on it is sure, or answers again.",
		);
	if (graph === "extract" && tools.length > 0)
		throw invalidField("tools", "An extracting agent reads documents, and calls no tools.");
	if (graph !== "research") return;
	if (tools.length > 0) throw invalidField("tools", "A research agent searches documents, and calls no tools.");
	if ((caps.steps ?? leastResearchSteps) < leastResearchSteps)
		throw invalidField("caps", `Research takes at least ${leastResearchSteps} steps.`);
}

function expectAnswerSchema(graph: Definition["graph"] | undefined, schema: Definition["answerSchema"]): void {
	if (schema === null) return;
	if (graph !== undefined && graph !== "assistant")
		throw invalidField("answerSchema", "Only an agent that answers at once can have its answers fit a schema.");
	const { problem } = readAnswerSchema(schema);
	if (problem) throw invalidField("answerSchema", problem);
}

/** Who extracts is told what; nobody else is. Each fault is told with its place in the schema. */
function expectSchema(graph: Definition["graph"] | undefined, extractSchema: Definition["extractSchema"]): void {
	if (graph !== "extract" && extractSchema !== null)
		throw invalidField("extractSchema", "Only an agent that extracts has a schema.");
	if (graph !== "extract") return;
	if (extractSchema === null) throw invalidField("extractSchema", "Say which fields it extracts.");
	const { problems } = readSchema(extractSchema);
	if (problems.length === 0) return;
	const cause = new z.ZodError(
		problems.map(({ path, message }) => ({
			...{ code: "custom" as const, path: ["extractSchema", ...path], message, input: undefined },
		})),
	);
	const text = problems.map(({ path, message }) => `${placeOf(path)}: ${message}`).join(" ");
	throw new AppError("INVALID_INPUT", text, { cause });
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
