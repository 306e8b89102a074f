import type { Span } from "@/server/traces/contract";
import { flattened, type SpanNode, treeOf } from "@/server/traces/contract/tree";

type Money = { micros: number; currency: string | null };
/** What a span and all below it took together. */
export type Rolled = { spans: number; tokens: number; failures: number; costs: Money[] };
export type Forest = {
	all: SpanNode<Span>[];
	roots: SpanNode<Span>[];
	byId: Map<string, SpanNode<Span>>;
	parentOf: Map<string, string>;
	rolled: Map<string, Rolled>;
	/** When the last of it ends, in ms from the beginning. */
	endMs: number;
};

/** The tree of a trace, and what each part of it comes to; one pass each, for ten thousand spans. */
export function forestOf(spans: readonly Span[]): Forest {
	const roots = treeOf(spans);
	const all = flattened(roots);
	const byId = new Map<string, SpanNode<Span>>();
	const parentOf = new Map<string, string>();
	for (const node of all) {
		byId.set(node.span.id, node);
		for (const child of node.children) parentOf.set(child.span.id, node.span.id);
	}
	const rolled = new Map<string, Rolled>();
	let endMs = 1;
	// From below: whatever stands under a span is summed up before it.
	for (let at = all.length - 1; at >= 0; at -= 1) {
		const node = all[at];
		if (!node) continue;
		const { span, children } = node;
		endMs = Math.max(endMs, span.atMs + span.ms);
		const sum: Rolled = {
			spans: 1,
			tokens: (span.inputTokens ?? 0) + (span.outputTokens ?? 0),
			failures: span.status === "failed" ? 1 : 0,
			costs: span.costMicros === undefined ? [] : [{ micros: span.costMicros, currency: span.currency ?? null }],
		};
		for (const child of children) add(sum, rolled.get(child.span.id));
		rolled.set(span.id, sum);
	}
	return { all, roots, byId, parentOf, rolled, endMs };
}

function add(sum: Rolled, more: Rolled | undefined): void {
	if (!more) return;
	sum.spans += more.spans;
	sum.tokens += more.tokens;
	sum.failures += more.failures;
	for (const { micros, currency } of more.costs) {
		const known = sum.costs.find((one) => one.currency === currency);
		if (known) known.micros += micros;
		else sum.costs.push({ micros, currency });
	}
}

export const matches = ({ id, name, kind, model, connection, errorCode, verdict }: Span, words: string): boolean =>
	[id, name, kind, model, connection, errorCode, verdict].some((text) => text?.toLowerCase().includes(words));

/** The rows that are shown: all but what is folded; or what was searched for, and what it stands in. */
export function shownRows(forest: Forest, folded: ReadonlySet<string>, search: { words: string; onlyFailed: boolean }) {
	const words = search.words.trim().toLowerCase();
	if (!words && !search.onlyFailed)
		return { rows: flattened(forest.roots, (id) => folded.has(id)), found: new Set<string>() };
	const found = new Set<string>();
	const kept = new Set<string>();
	for (const { span } of forest.all) {
		if (search.onlyFailed && span.status !== "failed") continue;
		if (words && !matches(span, words)) continue;
		found.add(span.id);
		for (let id: string | undefined = span.id; id !== undefined && !kept.has(id); id = forest.parentOf.get(id))
			kept.add(id);
	}
	return { rows: forest.all.filter(({ span }) => kept.has(span.id)), found };
}
