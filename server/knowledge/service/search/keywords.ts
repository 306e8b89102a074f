import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { chunks, documents, postings } from "@/db/schema";
import type { Scope } from "../../vectors/store";
import { termCounts } from "./term-counts";
import { totalsOf } from "./totals";

/** BM25's settings: how soon a repeated term stops counting, and how much long passages are held back. */
const k1 = 1.2;
const b = 0.75;

/** What one search reads at most, however much there is: the rest of the terms only tells the best of what was found apart. */
export type Limits = {
	/** A term in more passages than this says little and costs much. */
	passagesOfTerm: number;
	/** Of all terms of a question together, the rarest first: what adds up passages takes four times as long as reading them. */
	postings: number;
	/** Where the rarest have fewer passages, the next one is read in any case. */
	enough: number;
};
const usual: Limits = { passagesOfTerm: 20_000, postings: 10_000, enough: 1_000 };

const Found = z.object({
	terms: z.array(z.string()),
	counts: z.array(z.number()),
	ids: z.array(z.coerce.number()),
	scores: z.array(z.number()),
	cut: z.boolean(),
});
export type KeywordHits = { terms: string[]; ids: number[]; scores: number[] };

/** The passages that share words with the query, best first by BM25, and the query's terms as the index knows them. */
export async function findKeywords(
	db: Database,
	query: string,
	scope: Scope,
	most: number,
	limits: Limits = usual,
): Promise<KeywordHits> {
	const totals = await totalsOf(db, scope.collections);
	const counts = termCounts(scope);
	// Passages of documents just deleted stand in the index until a job has removed them: then more are looked at.
	for (let wide = most * 3; ; wide *= 10) {
		const [row] = await db.orm.execute(rank(query, scope, { most, wide, totals, known: counts.known(), limits }));
		const { terms, counts: found, ids, scores, cut } = Found.parse(row);
		counts.learn(new Map(terms.map((term, i) => [term, found[i] ?? 0])));
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

type Settings = {
	most: number;
	wide: number;
	totals: { passages: number; length: number };
	known: ReadonlyMap<string, number>;
	limits: Limits;
};

/**
 * Counts are remembered; the rarest terms are read whole as far as the limits go, and the best of what they find is looked at for the
 * other terms, one by one where they stand in the index. `offset 0` keeps the planner from another way: without statistics, as after much was
 * added, it would read all passages. What was found is in order before its documents are looked at, so that only the best are.
 */
function rank(query: string, scope: Scope, { most, wide, totals, known, limits }: Settings) {
	const { passages, length } = totals;
	const within = inScope(scope);
	const scoreOf = (one: SQL) =>
		sql`${one}.tf / (${one}.tf + ${k1 * (1 - b)}::float8 + ${(k1 * b) / length}::float8 * ${one}.length)`;
	return sql`
		with query as materialized (
			select lexeme as term, cardinality(positions) as weight from unnest(to_tsvector('english', ${query}))
		), counted as materialized (
			select query.term, weight, coalesce(known.df, (
				select count(*)::int from (
					select 1 from ${postings} where ${postings.term} = query.term and ${within}
					limit ${limits.passagesOfTerm + 1}
				) as few
			)) as df
			from query left join unnest(${sql.param([...known.keys()])}::text[], ${numbers([...known.values()])}) as known (term, df)
				on known.term = query.term
		), ordered as materialized (
			select term, df, weight * ${k1 + 1}::float8
				* ln(1 + (greatest(${passages}::float8, df) - df + 0.5::float8) / (df + 0.5::float8)) as worth,
				sum(df) over (order by df, term) as until, row_number() over (order by df, term) as place
			from counted where df > 0
		), chosen as materialized (
			select term, worth, until <= ${limits.postings} or until - df < ${limits.enough} as is_read
			from ordered where place = 1 or df <= ${limits.passagesOfTerm}
		), scored as materialized (
			select posting.chunk_id as id, posting.collection_no as of, sum(chosen.worth * ${scoreOf(sql`posting`)}) as score
			from chosen cross join lateral (
				select ${postings.chunkId}, ${postings.collectionNo}, ${postings.tf}, ${postings.length} from ${postings}
				where ${postings.term} = chosen.term and ${within} limit ${limits.passagesOfTerm}
			) as posting
			where chosen.is_read group by 1, 2 order by 3 desc, 1 limit ${wide}
		), whole as materialized (
			select scored.id, scored.score + coalesce((
				select sum(chosen.worth * ${scoreOf(sql`own`)})
				from chosen cross join lateral (
					select ${postings.tf}, ${postings.length} from ${postings}
					where ${postings.term} = chosen.term and ${postings.collectionNo} = scored.of and ${postings.chunkId} = scored.id
					offset 0
				) as own where not chosen.is_read
			), 0) as score from scored
		), found as (
			select best.id, best.score from (select id, score from whole order by score desc, id) as best
			cross join lateral (select ${chunks.documentId} as of from ${chunks} where ${chunks.id} = best.id offset 0) as chunk
			cross join lateral (
				select 1 from ${documents}
				where ${documents.id} = chunk.of and ${documents.state} = 'ready' and ${documents.deletedAt} is null offset 0
			) as document
			order by best.score desc, best.id limit ${most}
		)
		select
			(select coalesce(array_agg(term order by term), '{}') from counted) as terms,
			(select coalesce(array_agg(df order by term), '{}') from counted) as counts,
			(select coalesce(array_agg(id order by score desc, id), '{}') from found) as ids,
			(select coalesce(array_agg(score::float8 order by score desc, id), '{}') from found) as scores,
			(select count(*) from scored) >= ${wide} as cut`;
}
