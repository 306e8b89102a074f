import { randomUUID } from "node:crypto";
import { and, eq, inArray, notInArray, or, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agentVersions, collections, documents, extractionResults, extractions, threads } from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { audit } from "@/server/core/audit";
import { requireCause, requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { extractionMoved } from "@/server/jobs/events";
import { fileTypes, sitemapType } from "@/server/knowledge/contract";
import { getCollection, mayReadDocument } from "@/server/knowledge/service";
import { modelNames } from "@/server/models/service";
import { type Extraction, mostDocuments, type StartExtraction } from "../contract";
import { getExtraction } from "./read";

export const needsModel =
	"Extraction needs a chat model, and none is set up: the built-in one only quotes. Whoever runs this installation can connect one.";

type Chosen = { agentId: string; agentVersionId: string; collectionIds: string[] | null };

/** Writes down what is to be extracted from what; a job starts a run for each document, in turn. */
export async function startExtraction(ctx: ServiceContext, input: StartExtraction): Promise<Extraction> {
	const { actor } = ctx;
	if (actor.kind !== "user" && actor.kind !== "apiKey")
		throw new AppError("FORBIDDEN", "Only a person or their key can start an extraction.");
	const { userId, sessionId, keyId } = requireCause(ctx);
	// Who may read only some documents of a collection names them.
	const name = input.documentIds ? null : (await getCollection(ctx, input)).name;
	const extractionId = randomUUID();
	await ctx.db.transaction(async (tx) => {
		const chosen = await chooseExtractor(ctx, tx, input.agentId);
		const ids = await findDocuments(ctx, tx, input, chosen);
		if ((await modelNames(tx)).length === 0) throw new AppError("UNAVAILABLE", needsModel);
		const threadId = randomUUID();
		const { agentId, agentVersionId } = chosen;
		await tx.insert(threads).values({ id: threadId, userId, agentId, title: "Extraction", isCall: true });
		await tx.insert(extractions).values({
			...{ id: extractionId, userId, agentId, agentVersionId, threadId, sessionId, keyId },
			name: name ?? `${ids.length} ${ids.length === 1 ? "document" : "documents"}`,
			collectionId: input.collectionId,
			total: ids.length,
		});
		for (let from = 0; from < ids.length; from += 500)
			await tx
				.insert(extractionResults)
				.values(
					ids.slice(from, from + 500).map((documentId, at) => ({ extractionId, documentId, ordinal: from + at + 1 })),
				);
		await audit(ctx, tx, {
			action: "extraction.start",
			resource: "extraction",
			resourceId: extractionId,
			detail: { agentId, agentVersionId, documents: ids.length, collectionId: input.collectionId },
		});
		await emit(tx, extractionMoved.create({ userId, runId: null }));
	});
	return getExtraction(ctx, { extractionId });
}

async function chooseExtractor(ctx: ServiceContext, tx: Tx, agentId: string): Promise<Chosen> {
	const chosen = await chooseAgent(tx, requireUser(ctx), agentId);
	if (chosen.graph !== "extract")
		throw invalidField("agentId", "This agent extracts nothing. Choose one that does, or make one.");
	const [version] = await tx
		.select({ collectionIds: agentVersions.collectionIds })
		.from(agentVersions)
		.where(eq(agentVersions.id, chosen.agentVersionId));
	return { ...chosen, collectionIds: version?.collectionIds ?? null };
}

/** Those of the documents that can be extracted from; of the named ones each has to be there. */
async function findDocuments(
	ctx: ServiceContext,
	tx: Tx,
	{ documentIds, collectionId }: StartExtraction,
	{ collectionIds: allowed }: Chosen,
): Promise<string[]> {
	if (allowed && !allowed.includes(collectionId))
		throw invalidField("collectionId", "This agent looks only in its own collections, and this is none of them.");
	const wanted: SQL | undefined = documentIds
		? inArray(documents.id, documentIds)
		: and(
				// What came in an archive or from a sitemap is a document of its own.
				notInArray(documents.mediaType, [fileTypes.zip, sitemapType]),
				// Who sees may see in a picture what recognition did not.
				or(
					eq(documents.state, "ready"),
					sql`(${documents.state} = 'failed' and ${documents.mediaType} like 'image/%')`,
				),
			);
	const found = await tx
		.select({ id: documents.id })
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.where(and(eq(documents.collectionId, collectionId), wanted, mayReadDocument(ctx)))
		.orderBy(documents.createdAt, documents.id)
		.limit(mostDocuments + 1);
	if (documentIds && new Set(documentIds).size !== found.length) throw notFound("This document");
	if (found.length === 0)
		throw new AppError("CONFLICT", "There is no document in this collection that was read in yet.");
	if (found.length > mostDocuments)
		throw new AppError(
			"CONFLICT",
			`An extraction goes over ${mostDocuments.toLocaleString("en")} documents at most: choose a smaller collection.`,
		);
	return found.map(({ id }) => id);
}
