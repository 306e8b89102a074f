import type { Span } from "./answer-props";

/** As much of a Markdown tree's node as is touched here. */
type Node = {
	type: string;
	value?: string;
	identifier?: string;
	children?: Node[];
	position?: { start: { offset?: number }; end: { offset?: number } };
	data?: { hName?: string; hProperties?: Record<string, number>; hChildren?: never[] };
};

const marker = /\[(\d{1,3})\]/g;

const citeNode = (number: number): Node => ({
	type: "text",
	value: `[${number}]`,
	data: { hName: "cite", hProperties: { dataMarker: number }, hChildren: [] },
});

const textNode = (value: string, isUnsupported: boolean): Node =>
	isUnsupported ? { type: "text", value, data: { hName: "mark" } } : { type: "text", value };

/** Where a text begins in the source; null where the source has escapes, so that offsets don't match. */
function sourceStart({ position, value = "" }: Node): number | null {
	const start = position?.start.offset;
	const end = position?.end.offset;
	if (start === undefined || end === undefined) return null;
	return end - start === value.length ? start : null;
}

/** Cuts a piece of text where an unsupported sentence begins or ends. */
function cutBySpans(value: string, offset: number | null, spans: Span[]): Node[] {
	if (value === "") return [];
	if (offset === null) return [textNode(value, false)];
	const cuts = new Set([0, value.length]);
	for (const span of spans)
		for (const edge of [span.start - offset, span.end - offset]) if (edge > 0 && edge < value.length) cuts.add(edge);
	const edges = [...cuts].sort((a, b) => a - b);
	return edges.slice(0, -1).map((from, index) => {
		const to = edges[index + 1] ?? value.length;
		const isIn = spans.some((span) => span.start <= offset + from && offset + to <= span.end);
		return textNode(value.slice(from, to), isIn);
	});
}

function splitText(node: Node, spans: Span[]): Node[] {
	const text = node.value ?? "";
	const start = sourceStart(node);
	const at = (from: number) => (start === null ? null : start + from);
	const parts: Node[] = [];
	let from = 0;
	for (const found of text.matchAll(marker)) {
		parts.push(...cutBySpans(text.slice(from, found.index), at(from), spans), citeNode(Number(found[1])));
		from = found.index + found[0].length;
	}
	return [...parts, ...cutBySpans(text.slice(from), at(from), spans)];
}

const isNumbered = (node: Node) => /^\d{1,3}$/.test(node.identifier ?? "");

function rewrite(node: Node, spans: Span[]): Node[] {
	if (node.type === "text") return splitText(node, spans);
	// `[1]: …` would make every [1] a link of the model's own choosing.
	if (node.type === "definition" && isNumbered(node)) return [];
	if (node.type === "linkReference" && isNumbered(node)) return [citeNode(Number(node.identifier))];
	rewriteChildren(node, spans);
	return [node];
}

function rewriteChildren(node: Node, spans: Span[]): void {
	if (node.children) node.children = node.children.flatMap((child) => rewrite(child, spans));
}

/** Turns `[n]` into citations and marks what no passage supports, by its place in the answer's text. */
export const markAnswer =
	({ unsupported }: { unsupported: Span[] }) =>
	(tree: Node): void =>
		rewriteChildren(tree, unsupported);
