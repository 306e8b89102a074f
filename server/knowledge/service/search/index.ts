import type { ServiceContext } from "@/server/core/context";
import { log } from "@/server/core/log";
import type { Passage, Search, SearchResult } from "../../contract";
import { embedQuery } from "../../embedding";
import { vectorStore } from "../../vectors";
import { type Near, type Scope, StoreAway } from "../../vectors/store";
import { rememberedKeywords, rememberedNearest } from "./candidates";
import { fuse, type Ranked } from "./fuse";
import { grantsOf } from "./grants";
import type { KeywordHits } from "./keywords";
import { neighboursOf } from "./neighbours";
import { type Readable, readPassages } from "./passages";
import { rerank, rerankDepth, reranker } from "./rerank";
import { scopeOf } from "./scope";
import { withinBudget } from "./within-budget";

/** How far down each list fusion looks. */
const depth = 100;

const noVectors = "The vectors could not be searched just now: these passages were found by their words only.";

/** The passages that fit the question best, by keywords and by meaning, out of what the person may read. */
export async function searchKnowledge(ctx: ServiceContext, input: Search): Promise<SearchResult> {
	const scope = await scopeOf(ctx, input);
	const searchedCollections = scope.collections.length;
	if (searchedCollections === 0) return { passages: [], searchedCollections, degraded: null };
	const [keywords, meaning] = await Promise.all([
		rememberedKeywords(ctx, input.query, scope, depth),
		findMeaning(ctx, input.query, scope),
	]);
	const judge = input.rerank === false ? null : reranker();
	const ranked = fuse(
		keywords.ids,
		meaning.nearest.map((one) => one.id),
	);
	const found = await readPassages(
		ctx,
		ranked,
		keywords.terms,
		judge ? Math.max(rerankDepth, input.limit) : input.limit,
	);
	const judged = await rerank(judge, input.query, found, ctx.signal);
	const passages = await explain(ctx, input, judged.passages.slice(0, input.limit), { scope, keywords, meaning });
	return {
		passages: withinBudget(passages, input.mostTokens),
		searchedCollections,
		degraded: meaning.problem ?? judged.problem,
	};
}

type Meaning = { nearest: Near[]; query: Float32Array | null; problem: string | null };

/** The passages nearest to the text in meaning, and what it takes to compare others with it. */
export async function findMeaning(ctx: ServiceContext, text: string, scope: Scope, most = depth): Promise<Meaning> {
	try {
		const query = await embedQuery(text);
		const store = await vectorStore(ctx.db);
		const nearest = await rememberedNearest({ query: text, scope, most, store: store.name }, () =>
			store.nearest(ctx.db, scope, query, most),
		);
		return { nearest, query, problem: null };
	} catch (error) {
		// Without the model or the index the keywords still find something, and that is better than nothing.
		if (!(error instanceof StoreAway)) log.error({ err: error, requestId: ctx.requestId }, "meaning was not searched");
		return { nearest: [], query: null, problem: noVectors };
	}
}

type Facts = { scope: Scope; keywords: KeywordHits; meaning: Meaning };

/** What tells a reader why each passage is there, by which right they see it, and what stands around it. */
async function explain(
	ctx: ServiceContext,
	{ neighbours = 0 }: Search,
	found: (Readable & Ranked & { rerankScore: number | null; duplicates: Passage["duplicates"] })[],
	{ scope, keywords, meaning }: Facts,
): Promise<Passage[]> {
	const lexical = new Map(keywords.ids.map((id, i) => [id, keywords.scores[i] ?? null]));
	const [similarity, grants, around] = await Promise.all([
		similaritiesOf(ctx, scope, meaning, found),
		grantsOf(ctx, [...new Set(found.map((one) => one.documentId))]),
		neighboursOf(ctx, found, neighbours),
	]);
	return found.flatMap(({ id: _, ordinal: __, collectionNo: ___, documentNo: ____, ...passage }) => {
		const grant = grants.get(passage.documentId);
		// Taken away since it was found.
		if (!grant) return [];
		return {
			...passage,
			...(around.get(passage.chunkId) ?? { before: "", after: "" }),
			similarity: similarity.get(passage.chunkId) ?? null,
			lexicalScore: lexical.get(passage.chunkId) ?? null,
			queryTermCount: keywords.terms.length,
			grant,
		};
	});
}

async function similaritiesOf(
	ctx: ServiceContext,
	scope: Scope,
	{ nearest, query }: Meaning,
	found: Readable[],
): Promise<Map<number, number>> {
	const known = new Map(nearest.map(({ id, similarity }) => [id, similarity]));
	const unknown = found.filter(({ chunkId }) => !known.has(chunkId));
	if (!query || unknown.length === 0) return known;
	try {
		const store = await vectorStore(ctx.db);
		return new Map([...known, ...(await store.similarities(ctx.db, scope, query, unknown))]);
	} catch (error) {
		if (!(error instanceof StoreAway)) throw error;
		return known;
	}
}
