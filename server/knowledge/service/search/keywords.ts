import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { chunks, documents, postings } from "@/db/schema";
import type { Visible } from "../access";

/** BM25's settings: how soon a repeated term stops counting, and how much long passages are held back. */
const k1 = 1.2;
const b = 0.75;
/** A term in more passages than this says little and costs much. */
const mostPassagesOfTerm = 20_000;
/** All terms of a question together, the rarest first. */
const mostPostings = 60_000;

const Found = z.object({ terms: z.array(z.string()), ids: z.array(z.coerce.number()), cut: z.boolean() });
export type KeywordHits = { terms: string[]; ids: number[] };

/** The passages that share words with the query, best first by BM25, and the query's terms as the index knows them. */
export async function findKeywords(
	db: Database,
	query: string,
	visible: Visible[],
	most: number,
): Promise<KeywordHits> {
	// Passages of documents just deleted stand in the index until a job has removed them: then more are looked at.
	for (let wide = most * 3; ; wide *= 10) {
		const [row] = await db.orm.execute(rank(query, visible, { most, wide }));
		const { terms, ids, cut } = Found.parse(row);
		if (ids.length >= most || !cut) return { terms, ids };
	}
}

/** One parameter whatever the length, so that the statement stays the same. */
const arrayText = (values: (string | number)[]) => `{${values.join(",")}}`;

// `offset 0` keeps the planner from another way: without statistics, as after much was added, it would read all passages.
function rank(query: string, visible: Visible[], { most, wide }: { most: number; wide: number }) {
	const numbers = sql`${arrayText(visible.map((collection) => collection.no))}::int[]`;
	const collectionIds = sql`${arrayText(visible.map((collection) => collection.id))}::uuid[]`;
	return sql`
		with query as materialized (
			select lexeme as term, cardinality(positions) as weight from unnest(to_tsvector('english', ${query}))
		), whole as materialized (
			select greatest(sum(${documents.chunkCount}), 1)::float8 as passages,
				greatest(sum(${documents.termCount})::float8 / greatest(sum(${documents.chunkCount}), 1), 1) as length
			from ${documents}
			where ${documents.collectionId} = any(${collectionIds}) and ${documents.state} = 'ready' and ${documents.deletedAt} is null
		), counted as materialized (
			select term, weight, (
				select count(*) from (
					select 1 from ${postings} where ${postings.term} = query.term and ${postings.collectionNo} = any(${numbers})
					limit ${mostPassagesOfTerm + 1}
				) as few
			) as df from query
		), ordered as (
			select term, weight, df, sum(df) over (order by df, term) as until, row_number() over (order by df, term) as place
			from counted where df > 0
		), kept as materialized (
			select term, weight, df from ordered where place = 1 or (df <= ${mostPassagesOfTerm} and until <= ${mostPostings})
		), scored as materialized (
			select ${postings.chunkId} as id, sum(
				kept.weight * ln(1 + (greatest(whole.passages, kept.df) - kept.df + 0.5) / (kept.df + 0.5))
				* ${postings.tf} * ${k1 + 1}::float8
				/ (${postings.tf} + ${k1}::float8 * (1 - ${b}::float8 + ${b}::float8 * ${postings.length} / whole.length))
			) as score
			from kept join ${postings} on ${postings.term} = kept.term and ${postings.collectionNo} = any(${numbers})
			cross join whole
			group by 1 order by 2 desc, 1 limit ${wide}
		), found as (
			select scored.id, scored.score from scored
			cross join lateral (select ${chunks.documentId} as of from ${chunks} where ${chunks.id} = scored.id offset 0) as chunk
			cross join lateral (
				select 1 from ${documents}
				where ${documents.id} = chunk.of and ${documents.state} = 'ready' and ${documents.deletedAt} is null offset 0
			) as document
			order by scored.score desc, scored.id limit ${most}
		)
		select
			(select coalesce(array_agg(term order by term), '{}') from query) as terms,
			(select coalesce(array_agg(id order by score desc, id), '{}') from found) as ids,
			(select count(*) from scored) >= ${wide} as cut`;
}
