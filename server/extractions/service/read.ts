import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import {
	agents,
	agentVersions,
	documents,
	extractionCorrections,
	extractionResults,
	extractions,
	type StoredField,
	users,
} from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { noteSources } from "@/server/core/spans";
import { unreadableDocuments } from "@/server/knowledge/service";
import type {
	ExtractedField,
	Extraction,
	ExtractionColumns,
	ExtractionResult,
	ListExtractions,
	ListResults,
	OneExtraction,
	OneResult,
	ResultHistory,
} from "../contract";
import { columnsOf, type ObjectField, readSchema } from "../contract/schema";

/** Less than this, in percent, is low. */
export const lowCertainty = 50;

const counted = (state: ExtractionResult["state"], more?: SQL): SQL<number> =>
	sql<number>`(select count(*)::int from extraction_results r where r.extraction_id = ${extractions.id} and r.state = ${state}${more ?? sql``})`;

const columns = {
	id: extractions.id,
	name: extractions.name,
	agentId: extractions.agentId,
	agentName: agents.name,
	agentVersion: sql<number>`(select version from agent_versions where id = ${extractions.agentVersionId})`,
	collectionId: extractions.collectionId,
	state: extractions.state,
	reason: extractions.reason,
	/** Those of documents that were deleted since are gone with them. */
	total: sql<number>`(select count(*)::int from extraction_results r where r.extraction_id = ${extractions.id})`,
	queued: counted("queued"),
	running: counted("running"),
	done: counted("done"),
	failed: counted("failed"),
	cancelled: counted("cancelled"),
	low: counted("done", sql` and r.certainty < ${lowCertainty}`),
	createdAt: extractions.createdAt,
	endedAt: extractions.endedAt,
};

/** Extractions are their person's own, as runs are. */
export const mine = (ctx: ServiceContext, extractionId: string): SQL | undefined =>
	and(eq(extractions.id, extractionId), eq(extractions.userId, requireUser(ctx).userId));

export async function listExtractions(
	ctx: ServiceContext,
	input: ListExtractions,
): Promise<{ rows: Extraction[]; next: string | null }> {
	const { state, agentId, createdAt, id } = extractions;
	const list = listQuery(input, { filter: { state, agentId, createdAt }, sort: { createdAt }, id });
	const rows = await ctx.db.orm
		.select({ ...columns, key: list.key })
		.from(extractions)
		.innerJoin(agents, eq(agents.id, agentId))
		.where(and(eq(extractions.userId, requireUser(ctx).userId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getExtraction(ctx: ServiceContext, { extractionId }: OneExtraction): Promise<Extraction> {
	const [row] = await ctx.db.orm
		.select(columns)
		.from(extractions)
		.innerJoin(agents, eq(agents.id, extractions.agentId))
		.where(mine(ctx, extractionId));
	if (!row) throw notFound("This extraction");
	return row;
}

/** The schema of the version that the extraction runs; it was read when the version was written. */
export async function schemaOf(ctx: ServiceContext, extractionId: string): Promise<ObjectField> {
	const [row] = await ctx.db.orm
		.select({ schema: agentVersions.extractSchema })
		.from(extractions)
		.innerJoin(agentVersions, eq(agentVersions.id, extractions.agentVersionId))
		.where(mine(ctx, extractionId));
	if (!row) throw notFound("This extraction");
	return storedSchema(row.schema);
}

export function storedSchema(stored: unknown): ObjectField {
	const { schema } = readSchema(stored);
	if (!schema) throw new Error("the version has no schema that can be read");
	return schema;
}

export async function getColumns(ctx: ServiceContext, { extractionId }: OneExtraction): Promise<ExtractionColumns> {
	const { leaves, lists } = columnsOf(await schemaOf(ctx, extractionId));
	const shown = (all: typeof leaves) => all.map(({ path, title, field }) => ({ path, title, type: field.type }));
	return {
		fields: shown(leaves),
		lists: lists.map((list) => ({ path: list.path, title: list.title, fields: shown(list.leaves) })),
	};
}

const resultColumns = {
	id: extractionResults.id,
	extractionId: extractionResults.extractionId,
	ordinal: extractionResults.ordinal,
	documentId: extractionResults.documentId,
	documentName: documents.name,
	state: extractionResults.state,
	reason: extractionResults.reason,
	certainty: extractionResults.certainty,
	stored: extractionResults.fields,
	model: extractionResults.model,
	runId: extractionResults.runId,
	revision: extractionResults.revision,
	updatedAt: extractionResults.updatedAt,
	/** The newest of each path. */
	corrected: sql<Corrected[]>`coalesce((select json_agg(c) from (
		select distinct on (x.path) x.path, x.value, x.created_at as "at", u.name from extraction_corrections x
		join users u on u.id = x.user_id where x.result_id = ${extractionResults.id} order by x.path, x.created_at desc, x.id desc) c), '[]')`,
};
type Corrected = { path: string; value: StoredField["value"]; at: string; name: string };

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...resultColumns, ...more })
		.from(extractionResults)
		.innerJoin(extractions, eq(extractions.id, extractionResults.extractionId))
		.innerJoin(documents, eq(documents.id, extractionResults.documentId));

export async function listResults(
	ctx: ServiceContext,
	input: ListResults,
): Promise<{ rows: ExtractionResult[]; next: string | null }> {
	const { extractionId } = input;
	await getExtraction(ctx, { extractionId });
	const { state, documentId, certainty, ordinal, id } = extractionResults;
	const isLow = sql`(${state} = 'done' and coalesce(${certainty}, 100) < ${lowCertainty})`;
	const list = listQuery(input, { filter: { state, documentId, isLow }, sort: { ordinal }, id });
	const rows = await select(ctx, { key: list.key })
		.where(and(mine(ctx, extractionId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: await toResults(ctx, page.rows), next: page.next };
}

export async function getResult(ctx: ServiceContext, { extractionId, resultId }: OneResult): Promise<ExtractionResult> {
	const rows = await select(ctx, {}).where(and(mine(ctx, extractionId), eq(extractionResults.id, resultId)));
	const [result] = await toResults(ctx, rows);
	if (result) return result;
	// Which of the two is not theirs is what the audit tells.
	await getExtraction(ctx, { extractionId });
	throw notFound("This result");
}

type Row = Omit<ExtractionResult, "fields" | "documentName"> & {
	documentName: string;
	stored: StoredField[];
	corrected: Corrected[];
};

/** Of a document that the person may not read any more, nothing is shown that came out of it. */
async function toResults(ctx: ServiceContext, rows: readonly Row[]): Promise<ExtractionResult[]> {
	const ids = [...new Set(rows.map(({ documentId }) => documentId))];
	const hidden = new Set(actorMay(ctx.actor, "knowledge:read") ? await unreadableDocuments(ctx, ids) : ids);
	noteSources(ids.filter((id) => !hidden.has(id)));
	return rows.map(({ stored, corrected, ...row }) => {
		if (hidden.has(row.documentId)) return { ...row, documentName: null, reason: null, certainty: null, fields: [] };
		const isDone = row.state === "done";
		return {
			...row,
			certainty: isDone ? row.certainty : null,
			fields: isDone ? stored.map((field) => toField(field, corrected)) : [],
		};
	});
}

function toField({ place, ...field }: StoredField, corrected: readonly Corrected[]): ExtractedField {
	const by = corrected.find(({ path }) => path === field.path);
	const at = { page: place?.page ?? null, start: place?.start ?? null, end: place?.end ?? null };
	const base = { ...field, ...at, extracted: field.value, level: levelOf(field) };
	if (!by) return { ...base, correctedByName: null, correctedAt: null };
	return {
		...base,
		...{ value: by.value, level: by.value === null ? "none" : "high", confidence: 1 },
		reasons: [`${by.name} corrected it by hand.`],
		...{ correctedByName: by.name, correctedAt: new Date(by.at) },
	};
}

function levelOf({ value, confidence }: Pick<StoredField, "value" | "confidence">): ExtractedField["level"] {
	if (value === null) return "none";
	return confidence >= 0.8 ? "high" : confidence * 100 >= lowCertainty ? "medium" : "low";
}

/** Who made what of which field, newest first. */
export async function getHistory(ctx: ServiceContext, input: OneResult): Promise<ResultHistory> {
	const { documentName } = await getResult(ctx, input);
	if (documentName === null) throw notFound("This result");
	const { path, before, value, createdAt, id } = extractionCorrections;
	const rows = await ctx.db.orm
		.select({ path, before, value, byName: users.name, at: createdAt })
		.from(extractionCorrections)
		.innerJoin(users, eq(users.id, extractionCorrections.userId))
		.where(eq(extractionCorrections.resultId, input.resultId))
		.orderBy(desc(createdAt), desc(id))
		.limit(100);
	return { corrections: rows };
}
