import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { chunks, documents, postings } from "@/db/schema";
import type { Scope } from "../../vectors/store";
import { commonTerms } from "./common-terms";
import { totalsOf } from "./totals";

/** BM25's settings: how soon a repeated term stops counting, and how much long passages are held back. */
const k1 = 1.2;
const b = 0.75;
/** A term in more passages than this says little and costs much. */
const mostPassagesOfTerm = 20_000;
/** All terms of a question together, the rarest first. */
const mostPostings = 60_000;

const Found = z.object({
	terms: z.array(z.string()),
	common: z.array(z.string()),
	ids: z.array(z.coerce.number()),
	scores: z.array(z.number()),
	cut: z.boolean(),
});
export type KeywordHits = { terms: string[]; ids: number[]; scores: number[] };

/** The passages that share words with the query, best first by BM25, and the query's terms as the index knows them. */
export async function findKeywords(db: Database, query: string, scope: Scope, most: number): Promise<KeywordHits> {
	const totals = await totalsOf(db, scope.collections);
	const known = commonTerms(scope);
	// Passages of documents just deleted stand in the index until a job has removed them: then more are looked at.
	for (let wide = most * 3; ; wide *= 10) {
		const [row] = await db.orm.execute(rank(query, scope, { most, wide, totals, skip: known.list() }));
		const { terms, common, ids, scores, cut } = Found.parse(row);
		known.learn(common);
		if (ids.length >= most || !cut) return { terms, ids, scores };
	}
}

/** One parameter whatever the length, so that the statement stays the same. */
const numbers = (values: number[]) => sql`${`{${values.join(",")}}`}::int[]`;

/** Only postings of the scope are read at all. */
function inScope({ collections, except, only }: Scope): SQL {
	const nos = (isWhole: boolean) => numbers(collections.filter((one) => one.isWhole === isWhole).map((one) => one.no));
	const all = sql`${postings.collectionNo} = any(${numbers(collections.map((one) => one.no))})`;
	if (collections.every((one) => one.isWhole))
		return except.length === 0 ? all : sql`${all} and ${postings.documentNo} <> all(${numbers(except)})`;
	const some = sql`${all} and ${postings.documentNo} = any(${numbers(only)})`;
	if (collections.every((one) => !one.isWhole)) return some;
	return sql`${all} and ((${postings.collectionNo} = any(${nos(true)}) and ${postings.documentNo} <> all(${numbers(except)}))
		or (${postings.collectionNo} = any(${nos(false)}) and ${postings.documentNo} = any(${numbers(only)})))`;
}

type Settings = { most: number; wide: number; totals: { passages: number; length: number }; skip: string[] };

// `offset 0` keeps the planner from another way: without statistics, as after much was added, it would read all passages.
function rank(query: string, scope: Scope, { most, wide, totals, skip }: Settings) {
	const { passages, length } = totals;
	const within = inScope(scope);
	return sql`
		with query as materialized (
			select lexeme as term, cardinality(positions) as weight from unnest(to_tsvector('english', ${query}))
		), counted as materialized (
			select term, weight, case when term = any(${sql.param(skip)}::text[]) then ${mostPassagesOfTerm + 1} else (
				select count(*) from (
					select 1 from ${postings} where ${postings.term} = query.term and ${within}
					limit ${mostPassagesOfTerm + 1}
				) as few
			) end as df from query
		), ordered as (
			select term, weight, df, sum(df) over (order by df, term) as until, row_number() over (order by df, term) as place
			from counted where df > 0
		), kept as materialized (
			select term, weight, df from ordered where place = 1 or (df <= ${mostPassagesOfTerm} and until <= ${mostPostings})
		), scored as materialized (
			select posting.chunk_id as id, sum(
				kept.weight * ln(1 + (greatest(${passages}::float8, kept.df) - kept.df + 0.5) / (kept.df + 0.5))
				* posting.tf * ${k1 + 1}::float8
				/ (posting.tf + ${k1}::float8 * (1 - ${b}::float8 + ${b}::float8 * posting.length / ${length}::float8))
			) as score
			from kept cross join lateral (
				select ${postings.chunkId}, ${postings.tf}, ${postings.length} from ${postings}
				where ${postings.term} = kept.term and ${within} limit ${mostPassagesOfTerm}
			) as posting
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
			(select coalesce(array_agg(term), '{}') from counted where df > ${mostPassagesOfTerm}) as common,
			(select coalesce(array_agg(id order by score desc, id), '{}') from found) as ids,
			(select coalesce(array_agg(score::float8 order by score desc, id), '{}') from found) as scores,
			(select count(*) from scored) >= ${wide} as cut`;
}
