import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { inSpan, noteSources, noteSpan } from "@/server/core/spans";
import type { Passage, Search, SearchResult } from "../../contract";
import { type Embedder, embedderOf, embedQuery } from "../../embedding";
import { vectorStore } from "../../vectors";
import { type Near, StoreAway } from "../../vectors/store";
import { embedFor } from "../counted-embedding";
import { unreadableDocuments } from "../documents";
import { noteFound } from "../found";
import { rememberedKeywords, rememberedNearest } from "./candidates";
import { fuse, type Ranked } from "./fuse";
import { toGrant } from "./grants";
import type { KeywordHits } from "./keywords";
import { neighboursOf } from "./neighbours";
import { type Readable, readPassages } from "./passages";
import { rerank, rerankerFor } from "./rerank";
import { type SearchScope, scopeOf } from "./scope";
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
		inSpan({ kind: "search", name: "Keywords" }, async (facts) => {
			const hits = await rememberedKeywords(ctx, input.query, scope, depth);
			facts.attributes = { found: hits.ids.length };
			return hits;
		}),
		findMeaning(ctx, input.query, scope),
	]);
	const judge = input.rerank === false ? null : await rerankerFor(ctx);
	const fused = performance.now();
	const ranked = fuse(keywords.ids, ...meaning.lists.map(({ nearest }) => nearest.map((one) => one.id)));
	noteSpan({ kind: "search", name: "Fusion" }, fused, { attributes: { ranked: ranked.length } });
	const found = await inSpan({ kind: "search", name: "Passages" }, () =>
		readPassages(ctx, ranked, keywords.terms, judge ? Math.max(judge.depth, input.limit) : input.limit),
	);
	noteSources(found.map(({ documentId }) => documentId));
	const judged = await rerank(judge, input.query, found, ctx.signal);
	const best = judged.passages.slice(0, input.limit);
	// Judging takes its time, in which something may be taken away.
	const gone = judge ? await unreadableDocuments(ctx, [...new Set(best.map((one) => one.documentId))]) : [];
	const readable = best.filter(({ documentId }) => !gone.includes(documentId));
	const explained = await explain(ctx, input, readable, { keywords, meaning });
	const passages = withinBudget(explained, input.mostTokens);
	noteFound(
		ctx.db,
		passages.flatMap(({ documentId, duplicates }) => [documentId, ...duplicates.map((one) => one.documentId)]),
	);
	return {
		passages,
		searchedCollections,
		degraded: meaning.problem ?? judged.problem,
	};
}

/** What one model finds in the collections that it made the vectors of, and what it takes to compare others with the question. */
type List = { nearest: Near[]; query: Float32Array; scope: SearchScope; by: Embedder };
type Meaning = { lists: List[]; problem: string | null };

/** The passages nearest to the text in meaning, for each model that made some of what is searched. */
export async function findMeaning(
	ctx: ServiceContext,
	text: string,
	scope: SearchScope,
	most = depth,
): Promise<Meaning> {
	const found = await Promise.all(byModel(scope).map((part) => findByModel(ctx, text, part, most)));
	const lists = found.filter((one) => typeof one !== "string");
	return { lists, problem: found.find((one) => typeof one === "string") ?? null };
}

/** The scope apart by model: never more than one is compared with in one scan. */
function byModel(scope: SearchScope): SearchScope[] {
	const models = Map.groupBy(scope.collections, ({ model, dimension }) => `${model} ${dimension}`);
	return [...models.values()].map((collections) => ({ ...scope, collections }));
}

async function findByModel(
	ctx: ServiceContext,
	text: string,
	scope: SearchScope,
	most: number,
): Promise<List | string> {
	const [first] = scope.collections;
	const by = first && embedderOf(first);
	if (!by)
		return `The embedding model ${first?.model} is not set up any more: what it made was searched by words only.`;
	try {
		const query = await embedQuery(text, by, (texts) => embedFor(ctx, by, texts, { urgent: true }));
		const store = await vectorStore(ctx.db, by);
		const nearest = await inSpan({ kind: "search", name: "Vectors" }, async (facts) => {
			const near = await rememberedNearest({ query: text, scope, most, store: store.name }, () =>
				store.nearest(ctx.db, scope, query, most),
			);
			facts.attributes = { found: near.length, store: store.name, embedder: by.model };
			return near;
		});
		return { nearest, query, scope, by };
	} catch (error) {
		// Without the model, the index or the budget the keywords still find something, and that is better than nothing.
		if (error instanceof AppError && error.code === "LIMIT_REACHED")
			return `Meaning was not searched: ${error.message}`;
		if (!(error instanceof StoreAway)) log.error({ err: error, requestId: ctx.requestId }, "meaning was not searched");
		return noVectors;
	}
}

type Facts = { keywords: KeywordHits; meaning: Meaning };

/** What tells a reader why each passage is there, by which right they see it, and what stands around it. */
async function explain(
	ctx: ServiceContext,
	{ neighbours = 0 }: Search,
	found: (Readable & Ranked & { rerankScore: number | null; duplicates: Passage["duplicates"] })[],
	{ keywords, meaning }: Facts,
): Promise<Passage[]> {
	const lexical = new Map(keywords.ids.map((id, i) => [id, keywords.scores[i] ?? null]));
	const user = requireUser(ctx);
	const [similarity, around] = await Promise.all([
		similaritiesOf(ctx, meaning, found),
		neighboursOf(ctx, found, neighbours),
	]);
	return found.flatMap(({ id: _, ordinal: __, collectionNo: ___, documentNo: ____, right, ...passage }) => {
		if (!right) return [];
		return {
			...passage,
			...(around.get(passage.chunkId) ?? { before: "", after: "" }),
			similarity: similarity.get(passage.chunkId) ?? null,
			lexicalScore: lexical.get(passage.chunkId) ?? null,
			queryTermCount: keywords.terms.length,
			grant: toGrant(right, user),
		};
	});
}

async function similaritiesOf(
	ctx: ServiceContext,
	{ lists }: Meaning,
	found: Readable[],
): Promise<Map<number, number>> {
	const known = new Map(lists.flatMap(({ nearest }) => nearest.map(({ id, similarity }) => [id, similarity] as const)));
	for (const { query, scope, by } of lists) {
		const nos = new Set(scope.collections.map(({ no }) => no));
		const unknown = found.filter(({ chunkId, collectionNo }) => nos.has(collectionNo) && !known.has(chunkId));
		if (unknown.length === 0) continue;
		try {
			const store = await vectorStore(ctx.db, by);
			for (const [id, similarity] of await store.similarities(ctx.db, scope, query, unknown)) known.set(id, similarity);
		} catch (error) {
			if (!(error instanceof StoreAway)) throw error;
		}
	}
	return known;
}
