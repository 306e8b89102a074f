import type { Scope } from "../../vectors/store";

/** Until then a term is taken to stand in as many passages as it did: how much it tells hardly changes meanwhile. */
const keptMs = 10 * 60_000;
const mostScopes = 200;
const mostTerms = 1_000;
/** Fewer are counted anew in no time. */
const fewestKept = 500;

type Counts = Map<string, number>;
const byScope = new Map<string, { until: number; counts: Counts }>();

/** In how many passages of these collections each term was found to stand: counting them anew each time costs as much as reading them. */
export function termCounts({ collections, except, only }: Scope) {
	// A scope of single documents is a small one: nothing to remember.
	const isPlain = except.length === 0 && only.length === 0;
	const key = collections.map(({ no }) => no).join(",");
	const known = isPlain ? byScope.get(key) : undefined;
	const fresh = known && known.until > Date.now() ? known : null;
	return {
		known: (): ReadonlyMap<string, number> => fresh?.counts ?? new Map(),
		learn: (found: Counts): void => {
			const many = [...found].filter(([, count]) => count >= fewestKept);
			if (!isPlain || many.length === 0) return;
			const one = fresh ?? { until: Date.now() + keptMs, counts: new Map() };
			for (const [term, count] of many) if (one.counts.size < mostTerms) one.counts.set(term, count);
			byScope.delete(key);
			byScope.set(key, one);
			for (const oldest of byScope.keys()) {
				if (byScope.size <= mostScopes) break;
				byScope.delete(oldest);
			}
		},
	};
}
