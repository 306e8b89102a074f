import { z } from "zod";
import { cacheOf } from "@/server/core/cache";
import type { ServiceContext } from "@/server/core/context";
import type { Near, Scope } from "../../vectors/store";
import { findKeywords, type KeywordHits } from "./keywords";

const Hits = z.object({ terms: z.array(z.string()), ids: z.array(z.number()), scores: z.array(z.number()) });
const Nearest = z.array(z.object({ id: z.number(), similarity: z.number() }));

/** Long enough for who asks the same again, or in another tab, or through an agent; whatever changes ends it at once. */
const seconds = 300;
const asText = <Value>(schema: z.ZodType<Value>) => ({
	write: (value: Value) => JSON.stringify(value),
	read: (text: string) => schema.parse(JSON.parse(text)),
});
const keywordHits = cacheOf<KeywordHits>({ name: "keyword hits", seconds, most: 500, shared: asText(Hits) });
const nearestHits = cacheOf<Near[]>({ name: "nearest passages", seconds, most: 500, shared: asText(Nearest) });

/**
 * What a search finds hangs on its scope alone, which is worked out anew for each caller: the collections and documents that they
 * may read at this moment, and the version of each collection. Who may read the same finds the same.
 */
const keyOf = ({ collections, except, only }: Scope, asked: unknown) => ({
	rights: [collections.map(({ id, no, isWhole }) => [id, no, isWhole]), except, only],
	version: collections.map(({ version }) => version),
	asked,
});

export const rememberedKeywords = (
	{ db }: ServiceContext,
	query: string,
	scope: Scope,
	most: number,
): Promise<KeywordHits> => keywordHits(keyOf(scope, [query, most]), () => findKeywords(db, query, scope, most));

export const rememberedNearest = (
	{ query, scope, most, store }: { query: string; scope: Scope; most: number; store: string },
	find: () => Promise<Near[]>,
): Promise<Near[]> => nearestHits(keyOf(scope, [query, most, store]), find);
