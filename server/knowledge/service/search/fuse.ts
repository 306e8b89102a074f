/** The constant of reciprocal rank fusion: how much the first places stand out. */
const k = 60;

export type Ranked = { id: number; score: number; lexicalRank: number | null; vectorRank: number | null };

/**
 * One list out of all, by the places that a passage has in them: 1 / (60 + place), added up. Each embedding model has a list of its
 * own, since what two of them measure can't be compared; a passage stands in one of those only.
 */
export function fuse(lexical: number[], ...vectors: number[][]): Ranked[] {
	const all = new Map<number, Ranked>();
	const entry = (id: number) => {
		const known = all.get(id) ?? { id, score: 0, lexicalRank: null, vectorRank: null };
		all.set(id, known);
		return known;
	};
	lexical.forEach((id, i) => {
		entry(id).lexicalRank = i + 1;
	});
	for (const vector of vectors)
		vector.forEach((id, i) => {
			entry(id).vectorRank = i + 1;
		});
	const part = (rank: number | null) => (rank === null ? 0 : 1 / (k + rank));
	return [...all.values()]
		.map((one) => ({ ...one, score: part(one.lexicalRank) + part(one.vectorRank) }))
		.sort((a, b) => b.score - a.score || a.id - b.id);
}
