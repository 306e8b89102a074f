import { and, eq, sql } from "drizzle-orm";
import { chunks, collections, documents, postings } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { Passage } from "../../contract";
import { mayReadDocument } from "../access";
import { Folded } from "./fold";
import type { Ranked } from "./fuse";
import { rightTo } from "./grants";

type Row = Awaited<ReturnType<typeof rowsOf>> extends Map<number, infer One> ? One : never;
export type Readable = Row;
export type Found = Readable & Ranked & { duplicates: Passage["duplicates"] };

const leastAtOnce = 16;

/** Reads the best passages, asking once more who may see them: much may have changed since they were found. */
export async function readPassages(
	ctx: ServiceContext,
	ranked: Ranked[],
	terms: string[],
	wanted: number,
): Promise<Found[]> {
	const folded = new Folded();
	const atOnce = Math.max(leastAtOnce, wanted);
	for (let from = 0; from < ranked.length && folded.kept.length < wanted; from += atOnce) {
		const some = ranked.slice(from, from + atOnce);
		const rows = await rowsOf(
			ctx,
			some.map((one) => one.id),
			terms,
		);
		for (const one of some) {
			const row = rows.get(one.id);
			if (row && folded.kept.length < wanted) folded.add({ ...row, ...one, duplicates: [] });
		}
	}
	return folded.kept;
}

async function rowsOf(ctx: ServiceContext, ids: number[], terms: string[]) {
	// `offset 0`, `limit` and `lateral` keep the planner to this order, passage by passage: without statistics, as after
	// much was added, it would begin with every document, or with everything that has a common term.
	const own = sql`(select ${postings.term} as term from ${postings} where ${postings.chunkId} = ${chunks.id} offset 0)`;
	const { orm } = ctx.db;
	const found = orm
		.select({
			chunkId: chunks.id,
			documentId: chunks.documentId,
			collectionNo: chunks.collectionNo,
			ordinal: chunks.ordinal,
			page: chunks.page,
			heading: chunks.heading,
			text: chunks.text,
			matchedTerms: sql<
				string[]
			>`array(select term from ${own} as own where term = any(${sql.param(terms)}::text[]) order by 1)`.as(
				"matched_terms",
			),
		})
		.from(chunks)
		// One parameter however many: a statement that stays the same keeps its plan.
		.where(sql`${chunks.id} = any(${`{${ids.join(",")}}`}::bigint[])`)
		.limit(ids.length)
		.as("found");
	const readable = orm
		.select({
			documentId: documents.id,
			documentNo: documents.no,
			documentName: documents.name,
			collectionId: documents.collectionId,
			collectionName: sql<string>`${collections.name}`.as("collection_name"),
			mediaType: documents.mediaType,
			addedAt: documents.createdAt,
			isRestricted: documents.isRestricted,
			pageCount: documents.pageCount,
			right: rightTo(requireUser(ctx)).as("by_right"),
		})
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.where(and(eq(documents.id, found.documentId), eq(documents.state, "ready"), mayReadDocument(ctx)))
		.limit(1)
		.as("readable");
	const rows = await orm
		.select({
			chunkId: found.chunkId,
			documentId: readable.documentId,
			documentNo: readable.documentNo,
			documentName: readable.documentName,
			collectionId: readable.collectionId,
			collectionNo: found.collectionNo,
			collectionName: readable.collectionName,
			mediaType: readable.mediaType,
			addedAt: readable.addedAt,
			isRestricted: readable.isRestricted,
			ordinal: found.ordinal,
			page: found.page,
			pageCount: readable.pageCount,
			heading: found.heading,
			text: found.text,
			matchedTerms: found.matchedTerms,
			right: readable.right,
		})
		.from(found)
		.crossJoinLateral(readable);
	return new Map(rows.map((row) => [row.chunkId, row]));
}
