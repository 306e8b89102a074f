import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { chunks, collections, documents, postings } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { log } from "@/server/core/log";
import type { Passage, Search, SearchResult } from "../../contract";
import { embedder, embedQuery } from "../../embedding";
import { mayRead, type Visible, visibleCollections } from "../access";
import { type Block, BlockCache } from "./blocks";
import { fuse, type Ranked } from "./fuse";
import { findKeywords } from "./keywords";
import { scan, similarityOf } from "./scan";

/** How far down each list fusion looks. */
const depth = 100;

const global = globalThis as { quarterdeckBlocks?: BlockCache };
function blockCache(): BlockCache {
	global.quarterdeckBlocks ??= new BlockCache(embedder());
	return global.quarterdeckBlocks;
}

/** The passages that fit the question best, by keywords and by meaning, out of what the person may read. */
export async function searchKnowledge(ctx: ServiceContext, input: Search): Promise<SearchResult> {
	const visible = await visibleCollections(ctx, input.collectionIds);
	if (visible.length === 0) return { passages: [], searchedCollections: 0 };
	const [keywords, meaning] = await Promise.all([
		findKeywords(ctx.db, input.query, visible, depth),
		findMeaning(ctx, input.query, visible),
	]);
	const ranked = fuse(keywords.ids, meaning.ids);
	const passages = await readPassages(ctx, ranked, keywords.terms, input.limit);
	return {
		passages: passages.map((passage) => ({
			...passage,
			similarity: meaning.query && similarityOf(meaning.blocks, meaning.query, passage.chunkId),
		})),
		searchedCollections: visible.length,
	};
}

type Meaning = { ids: number[]; blocks: Block[]; query: Float32Array | null };

/** The passages nearest to the text in meaning, and what it takes to compare others with it. */
export async function findMeaning(
	ctx: ServiceContext,
	text: string,
	visible: Visible[],
	most = depth,
): Promise<Meaning> {
	const [query, blocks] = await Promise.all([
		// Without the model the keywords still find something, and that is better than nothing.
		embedQuery(text).catch((error: unknown) => {
			log.error({ err: error, requestId: ctx.requestId }, "the question was not embedded");
			return null;
		}),
		blockCache().get(ctx.db, visible),
	]);
	if (!query) return { ids: [], blocks: [], query: null };
	const nearest = await scan(blocks, query, most);
	return { ids: nearest.map((one) => one.id), blocks, query };
}

/** Reads the best passages, asking once more who may see them: much may have changed since they were found. */
async function readPassages(
	ctx: ServiceContext,
	ranked: Ranked[],
	terms: string[],
	limit: number,
): Promise<Omit<Passage, "similarity">[]> {
	const passages: Omit<Passage, "similarity">[] = [];
	for (let from = 0; from < ranked.length && passages.length < limit; from += limit) {
		const some = ranked.slice(from, from + limit);
		const rows = await rowsOf(
			ctx,
			some.map((one) => one.id),
			terms,
		);
		for (const { id, ...ranks } of some) {
			const row = rows.get(id);
			if (row) passages.push({ ...row, ...ranks, queryTermCount: terms.length });
		}
	}
	return passages.slice(0, limit);
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
		.where(inArray(chunks.id, ids))
		.limit(ids.length)
		.as("found");
	const readable = orm
		.select({
			documentId: documents.id,
			documentName: documents.name,
			collectionId: documents.collectionId,
			pageCount: documents.pageCount,
		})
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.where(
			and(eq(documents.id, found.documentId), eq(documents.state, "ready"), isNull(documents.deletedAt), mayRead(ctx)),
		)
		.limit(1)
		.as("readable");
	const rows = await orm
		.select({
			chunkId: found.chunkId,
			documentId: readable.documentId,
			documentName: readable.documentName,
			collectionId: readable.collectionId,
			page: found.page,
			pageCount: readable.pageCount,
			heading: found.heading,
			text: found.text,
			matchedTerms: found.matchedTerms,
		})
		.from(found)
		.crossJoinLateral(readable);
	return new Map(rows.map((row) => [row.chunkId, row]));
}
