import { type AnyColumn, and, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import { agents, agentVersions, prompts, promptVersions } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import { columnsOf, readSchema } from "@/server/extractions/contract";
import type {
	AgentVersion,
	CompareVersions,
	ListAgentVersions,
	OneAgent,
	OneAgentVersion,
	VersionChanges,
} from "../contract";
import {
	collectionNames,
	definitionColumns,
	itsPrompt,
	itsPromptVersion,
	mayReadPrompt,
	shownValues,
} from "./definition";
import { expectManaged } from "./hold";

const nameOf = (column: AnyColumn) => sql<string | null>`(select u.name from users u where u.id = ${column})`;

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) => {
	const user = requireUser(ctx);
	return ctx.db.orm
		.select({
			...definitionColumns,
			id: agentVersions.id,
			version: agentVersions.version,
			isCurrent: sql<boolean>`${agents.publishedVersionId} is not distinct from ${agentVersions.id}`,
			promptVersion: itsPromptVersion,
			promptName: sql<string | null>`case when ${mayReadPrompt(user)} then ${prompts.name} end`,
			promptValues: shownValues(user),
			message: agentVersions.message,
			authorNames: sql<string[]>`array(select u.name from jsonb_array_elements_text(${agentVersions.authorIds})
				with ordinality a(id, n) join users u on u.id = a.id::uuid order by n)`,
			basedOn: agentVersions.basedOn,
			revision: agentVersions.revision,
			reviewAskedAt: agentVersions.reviewAskedAt,
			reviewedByName: nameOf(agentVersions.reviewedBy),
			reviewedAt: agentVersions.reviewedAt,
			isApproved: agentVersions.isApproved,
			reviewNote: agentVersions.reviewNote,
			mayReview: sql<boolean>`${agentVersions.version} is null and not ${agentVersions.authorIds} ? ${user.userId}`,
			publishedByName: nameOf(agentVersions.publishedBy),
			createdAt: agentVersions.createdAt,
			updatedAt: agentVersions.updatedAt,
			...more,
		})
		.from(agentVersions)
		.innerJoin(agents, eq(agents.id, agentVersions.agentId))
		.leftJoin(promptVersions, eq(promptVersions.id, agentVersions.promptVersionId))
		.leftJoin(prompts, itsPrompt);
};

/** What was published, for whoever manages the agent. */
export async function listVersions(
	ctx: ServiceContext,
	input: ListAgentVersions,
): Promise<{ rows: AgentVersion[]; next: string | null }> {
	const { agentId } = input;
	await expectManaged(ctx, agentId);
	const { version, id } = agentVersions;
	const list = listQuery(input, { filter: { version }, sort: { version }, id });
	const rows = await select(ctx, { key: list.key })
		.where(and(eq(agentVersions.agentId, agentId), isNotNull(version), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getVersion(ctx: ServiceContext, { agentId, version }: OneAgentVersion): Promise<AgentVersion> {
	await expectManaged(ctx, agentId);
	const [found] = await select(ctx, {}).where(
		and(eq(agentVersions.agentId, agentId), eq(agentVersions.version, version)),
	);
	if (!found) throw notFound("This version");
	return found;
}

export async function getDraft(ctx: ServiceContext, { agentId }: OneAgent): Promise<AgentVersion> {
	await expectManaged(ctx, agentId);
	const [found] = await select(ctx, {}).where(and(eq(agentVersions.agentId, agentId), isNull(agentVersions.version)));
	if (!found) throw notFound("A draft of this agent");
	return found;
}

/** Its own row's, and the names that people have by now. */
export async function versionOfDraft(ctx: ServiceContext, input: OneAgent): Promise<Version> {
	const draft = await getDraft(ctx, input);
	return { of: draft, revision: draft.revision };
}

/** What differs between two versions, or a version and the draft, in words that people know it by. */
export async function compareVersions(
	ctx: ServiceContext,
	{ agentId, from, to }: CompareVersions,
): Promise<VersionChanges> {
	const [one, other] = await Promise.all([
		getVersion(ctx, { agentId, version: from }),
		to === undefined ? getDraft(ctx, { agentId }) : getVersion(ctx, { agentId, version: to }),
	]);
	const names = await collectionNames(ctx, [...(one.collectionIds ?? []), ...(other.collectionIds ?? [])]);
	const [before, after] = [facts(one, names), facts(other, names)];
	const changes = (Object.keys(before) as (keyof typeof before)[]).flatMap((field) => {
		const gone = before[field].filter((word) => !after[field].includes(word));
		const come = after[field].filter((word) => !before[field].includes(word));
		return gone.length + come.length > 0 ? [{ field, before: gone, after: come }] : [];
	});
	return { changes };
}

/** A schema as its fields, each with what it is. */
function fieldsOf(stored: AgentVersion["extractSchema"]): string[] {
	const { schema } = readSchema(stored);
	if (!schema) return [];
	const { leaves, lists } = columnsOf(schema);
	const words = (of: typeof leaves, above = "") =>
		of.map(({ path, field, isRequired }) => {
			const { title: _, ...facts } = field;
			return `${above}${path}${isRequired ? ", required" : ""}: ${JSON.stringify(facts)}`;
		});
	return [...words(leaves), ...lists.flatMap((list) => words(list.leaves, `${list.path}, each row: `))];
}

const whenAwayWords: Record<AgentVersion["whenAway"], string> = {
	quote: "quotes the passages",
	fail: "gives no answer",
};

const answeringWords: Record<string, string> = {
	leastConfidence: "answers from a confidence of",
	cacheMinutes: "gives answers again for minutes",
	cacheSimilar: "also to the same question in other words",
	calibration: "confidence is calibrated",
};

/** Each part of a definition as a set of words. */
function facts(version: AgentVersion, names: Map<string, string>) {
	const { promptVersionId, promptLabel, promptName, promptVersion, collectionIds, caps, window } = version;
	const { promptValues, answering } = version;
	const which = promptLabel ? `label ${promptLabel.label}` : `version ${promptVersion}`;
	const hidden = `a prompt that you may not read (${promptLabel?.promptId ?? promptVersionId})`;
	const prompt = `${promptName ?? hidden}, ${which}`;
	return {
		graph: [version.graph as string],
		extractSchema: fieldsOf(version.extractSchema),
		answerSchema: version.answerSchema ? JSON.stringify(version.answerSchema, null, 2).split("\n") : [],
		prompt: [promptVersionId || promptLabel ? prompt : "the built-in one"],
		model: [version.model ?? "the default route"],
		whenAway: [whenAwayWords[version.whenAway]],
		collections: collectionIds?.map((id) => names.get(id) ?? `one that you may not read (${id})`) ?? [
			"all that the asking person may read",
		],
		tools: version.tools,
		approvalTools: version.approvalTools,
		caps: Object.entries(caps).map(([name, most]) => `${most.toLocaleString("en")} ${name}`),
		window: Object.entries(window).map(
			([name, most]) => `${most.toLocaleString("en")} ${name === "tokens" ? name : `for ${name}`}`,
		),
		promptValues: Object.entries(promptValues).map(([name, value]) => `${name}: ${[value].flat().join(", ")}`),
		answering: Object.entries(answering).map(
			([name, value]) =>
				`${answeringWords[name] ?? name}: ${typeof value === "object" ? JSON.stringify(value) : value}`,
		),
	};
}
