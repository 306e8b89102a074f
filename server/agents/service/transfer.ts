import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Reader } from "@/db/connection";
import { collections, prompts, promptVersions } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { Permission } from "@/server/core/permissions";
import { modelNames } from "@/server/models/service";
import { listUsable } from "@/server/remotes/service";
import type { AgentDocument, AgentTrigger, AgentVersion, ExportAgent, ImportAgent, ImportedAgent } from "../contract";
import { getAgent } from "./agents";
import {
	collectionNames,
	type Definition,
	expectWithin,
	forAudit,
	mayReadCollection,
	mayReadPrompt,
} from "./definition";
import { saveDraft } from "./draft";
import { expectManaged, insertAgent, nameTaken } from "./hold";
import { getDraft, getVersion } from "./versions";

/** A tool by the name that agents are given it by, and what its caller has to hold. */
export type KnownTool = { path: string; permission: Permission | null };

/** What is known of schedules and webhooks, which are made of agents and not the other way round. */
export type TriggersDesk = {
	own: (ctx: ServiceContext, agentId: string) => Promise<AgentTrigger[]>;
	whyNot: (ctx: ServiceContext, wanted: readonly AgentTrigger[]) => { at: number; message: string }[];
	bring: (ctx: ServiceContext, agentId: string, wanted: readonly AgentTrigger[]) => Promise<number>;
};

/** An agent as a document. It leaves with names, so who may not read one of them can't take it along. */
export async function exportAgent(
	ctx: ServiceContext,
	{ agentId, version }: ExportAgent,
	{ own }: Pick<TriggersDesk, "own">,
): Promise<AgentDocument> {
	const agent = await getAgent(ctx, { agentId });
	const wanted = version ?? agent.version;
	const of = wanted === null ? await getDraft(ctx, { agentId }) : await getVersion(ctx, { agentId, version: wanted });
	const names = await collectionNames(ctx, of.collectionIds ?? []);
	const hidden = (of.collectionIds ?? []).filter((id) => !names.has(id)).length;
	if (hidden > 0 || ((of.promptVersionId || of.promptLabel) && of.promptName === null))
		throw new AppError(
			"CONFLICT",
			"It uses a prompt or a collection that you may not read, or that is gone: change its draft and export that.",
		);
	await audit(ctx, ctx.db.orm, {
		action: "agent.export",
		resource: "agent",
		resourceId: agentId,
		detail: { version: wanted },
	});
	return { ...documentOf(agent, of, names), triggers: await own(ctx, agentId) };
}

function documentOf(
	{ name, description, needsReview }: Pick<AgentDocument, "name" | "description" | "needsReview">,
	of: AgentVersion,
	names: Map<string, string>,
): Omit<AgentDocument, "triggers"> {
	return {
		schema: "quarterdeck.agent/1",
		...{ name, description, needsReview },
		graph: of.graph,
		extractSchema: of.extractSchema,
		answerSchema: of.answerSchema,
		prompt: promptIn(of),
		model: of.model,
		whenAway: of.whenAway,
		collections: of.collectionIds?.flatMap((id) => names.get(id) ?? []) ?? null,
		tools: of.tools,
		approvalTools: of.approvalTools,
		caps: of.caps,
		window: of.window,
		promptValues: of.promptValues,
		answering: of.answering,
	};
}

function promptIn({ promptName, promptLabel, promptVersion }: AgentVersion): AgentDocument["prompt"] {
	if (!promptName) return null;
	if (promptLabel) return { name: promptName, label: promptLabel.label };
	return promptVersion ? { name: promptName, version: promptVersion } : null;
}

type Missing = { path: (string | number)[]; message: string };

/** Reads a document into a draft. It gives nothing that whoever brings it may not use here, and says what that is. */
export async function importAgent(
	ctx: ServiceContext,
	input: ImportAgent,
	{ tools, triggers }: { tools: readonly KnownTool[]; triggers: TriggersDesk },
): Promise<ImportedAgent> {
	const { document, leaveOut } = input;
	// Who may not change it learns nothing of what there is here.
	if (input.agentId) await expectManaged(ctx, input.agentId);
	expectWithin(document);
	const found = await findHere(ctx, document, tools);
	const refused = triggers.whyNot(ctx, document.triggers);
	const missing = [...found.missing, ...refused.map(({ at, message }) => ({ path: ["triggers", at], message }))];
	if (missing.length > 0 && !leaveOut) throw isMissing(missing);
	const written = { definition: found.definition, message: "As it was imported" };
	const brought = document.triggers.filter((_, place) => refused.every(({ at }) => at !== place));
	const imported = await ctx.db.transaction(async (tx) => {
		const within: ServiceContext = { ...ctx, db: ctx.db.within(tx) };
		const agentId = input.agentId ?? (await makeDraft(within, input, written, missing.length));
		if (input.agentId) await saveDraft(within, { agentId, ...written.definition, message: written.message });
		return { agentId, triggers: await triggers.bring(within, agentId, brought) };
	});
	return { ...imported, leftOut: missing.map(({ message: why }) => why) };
}

/** Told like what a form refuses: each with where it stands in the document. */
function isMissing(missing: Missing[]): AppError {
	const cause = new z.ZodError(
		missing.map(({ path, message }) => ({ code: "custom", path: ["document", ...path], message, input: undefined })),
	);
	return new AppError("INVALID_INPUT", missing.map(({ message }) => message).join(" "), { cause });
}

async function makeDraft(
	ctx: ServiceContext,
	{ document, name = document.name }: ImportAgent,
	written: { definition: Definition; message: string },
	leftOut: number,
): Promise<string> {
	const { description, needsReview } = document;
	const { userId } = requireUser(ctx);
	return ctx.db
		.transaction(async (tx) => {
			const of = { name, description, needsReview };
			const agentId = await insertAgent(tx, { ...of, createdBy: userId, isDraft: true, ...written });
			await audit(ctx, tx, {
				action: "agent.import",
				resource: "agent",
				resourceId: agentId,
				detail: { leftOut },
				after: { ...of, ...forAudit(written.definition) },
			});
			return agentId;
		})
		.catch(nameTaken(name));
}

async function findHere(ctx: ServiceContext, document: AgentDocument, known: readonly KnownTool[]) {
	const db = ctx.db.orm;
	const [prompt, found, tools] = await Promise.all([
		findPrompt(ctx, db, document.prompt),
		findCollections(ctx, db, document.collections),
		findTools(ctx, document, known),
	]);
	const { model } = document;
	const hasModel = model === null || (await modelNames(db)).includes(model);
	const missing: Missing[] = [
		...prompt.missing,
		...(hasModel ? [] : [{ path: ["model"], message: `There is no route or model ${model} here.` }]),
		...found.missing,
		...tools.missing,
	];
	const definition: Definition = {
		graph: document.graph,
		extractSchema: document.extractSchema,
		answerSchema: document.answerSchema,
		promptVersionId: prompt.id,
		promptLabel: prompt.label,
		model: hasModel ? model : null,
		whenAway: document.whenAway,
		collectionIds: found.ids,
		tools: document.tools.filter((tool) => tools.usable.has(tool)),
		approvalTools: document.approvalTools.filter((tool) => tools.usable.has(tool)),
		caps: document.caps,
		window: document.window,
		promptValues: prompt.id || prompt.label ? document.promptValues : {},
		answering: document.answering,
	};
	return { definition, missing };
}

async function findPrompt(ctx: ServiceContext, db: Reader, wanted: AgentDocument["prompt"]) {
	if (!wanted) return { id: null, label: null, missing: [] };
	const { name, version, label } = wanted;
	const by = label
		? sql`${promptVersions.id} in (select version_id from prompt_labels where prompt_id = ${prompts.id} and name = ${label})`
		: eq(promptVersions.version, version ?? 0);
	const [found] = await db
		.select({ id: promptVersions.id, promptId: prompts.id })
		.from(promptVersions)
		.innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(and(eq(prompts.name, name), by, mayReadPrompt(requireUser(ctx))));
	const what = label ? `label ${label}` : `version ${version}`;
	if (!found)
		return {
			...{ id: null, label: null },
			missing: [{ path: ["prompt"], message: `There is no ${what} of a prompt ${name} here that you may read.` }],
		};
	return label
		? { id: null, label: { promptId: found.promptId, label }, missing: [] }
		: { id: found.id, label: null, missing: [] };
}

async function findCollections(ctx: ServiceContext, db: Reader, wanted: AgentDocument["collections"]) {
	if (wanted === null) return { ids: null, missing: [] };
	const rows =
		wanted.length === 0
			? []
			: await db
					.select({ id: collections.id, name: collections.name })
					.from(collections)
					.where(
						and(inArray(collections.name, wanted), isNull(collections.deletedAt), mayReadCollection(requireUser(ctx))),
					);
	const all = wanted.map((name, at) => {
		const ids = rows.filter((row) => row.name === name).map(({ id }) => id);
		const message =
			ids.length === 0
				? `There is no collection ${name} here that you may read.`
				: `There are ${ids.length} collections ${name} here: choose one in the draft.`;
		return { ids, missing: { path: ["collections", at], message } };
	});
	return {
		ids: all.flatMap(({ ids }) => (ids.length === 1 ? ids : [])),
		missing: all.flatMap(({ ids, missing }) => (ids.length === 1 ? [] : [missing])),
	};
}

async function findTools(ctx: ServiceContext, document: AgentDocument, known: readonly KnownTool[]) {
	const may = (tool: KnownTool) => tool.permission !== null && actorMay(ctx.actor, tool.permission);
	const usable = new Set(known.filter(may).map(({ path }) => path));
	const others = document.tools.filter((tool) => tool.includes("__"));
	if (others.length > 0 && actorMay(ctx.actor, "mcp-tools:use")) {
		const { rows } = await listUsable(ctx, { limit: 100, filter: { alias: { in: others } } });
		for (const { alias } of rows) usable.add(alias);
	}
	const missing = document.tools.flatMap((tool, at) =>
		usable.has(tool) ? [] : [{ path: ["tools", at], message: `There is no tool ${tool} here that you may use.` }],
	);
	return { usable, missing };
}
