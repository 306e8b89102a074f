/** What was found in a text, in UTF-16 units. */
export type Find = { kind: string; start: number; end: number };
export type Detect = (text: string) => Find[];

/** In their order, without those that lie within another; of two that overlap the longer one stays. */
export function untangled(finds: readonly Find[]): Find[] {
	const kept: Find[] = [];
	for (const find of finds.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
		const last = kept.at(-1);
		if (!last || find.start >= last.end) kept.push(find);
		else if (find.end - find.start > last.end - last.start) kept[kept.length - 1] = find;
	}
	return kept;
}

/** How many of each kind. */
export function countKinds(finds: readonly Find[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { kind } of finds) counts[kind] = (counts[kind] ?? 0) + 1;
	return counts;
}

/** As `matchAll`, which makes each expression anew for each text: most of the time of a check was that. */
export function matchesOf(pattern: RegExp, text: string): RegExpExecArray[] {
	const matches: RegExpExecArray[] = [];
	pattern.lastIndex = 0;
	for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
		matches.push(match);
		if (match[0] === "") pattern.lastIndex += 1;
	}
	return matches;
}
