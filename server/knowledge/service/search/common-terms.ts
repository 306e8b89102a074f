import type { Scope } from "../../vectors/store";

/** Until then a term that was too common is taken to be so still; meanwhile it may only have become more so. */
const keptMs = 10 * 60_000;
const mostScopes = 200;
const mostTerms = 2_000;

type Known = { until: number; terms: Set<string> };
const byScope = new Map<string, Known>();

/** Which terms were found to stand in too many passages of these collections: counting them anew each time costs the most. */
export function commonTerms({ collections, except, only }: Scope) {
	// A scope of single documents is a small one: nothing to remember.
	const isPlain = except.length === 0 && only.length === 0;
	const key = collections.map(({ no }) => no).join(",");
	const known = isPlain ? byScope.get(key) : undefined;
	const fresh = known && known.until > Date.now() ? known : null;
	return {
		list: (): string[] => [...(fresh?.terms ?? [])],
		learn: (terms: string[]): void => {
			if (!isPlain || terms.length === 0) return;
			const one = fresh ?? { until: Date.now() + keptMs, terms: new Set() };
			for (const term of terms) if (one.terms.size < mostTerms) one.terms.add(term);
			byScope.delete(key);
			byScope.set(key, one);
			for (const oldest of byScope.keys()) {
				if (byScope.size <= mostScopes) break;
				byScope.delete(oldest);
			}
		},
	};
}
