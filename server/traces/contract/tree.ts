type Placed = { id: string; parentId?: string | undefined; atMs: number };
export type SpanNode<Of extends Placed = Placed> = { span: Of; depth: number; children: SpanNode<Of>[] };

/**
 * Spans as the tree that they are: roots first begun first. What has lost its parent, such as a step that was killed, stands
 * under the root; what goes round in circles is cut. Takes ten thousand of them in some milliseconds.
 */
export function treeOf<Of extends Placed>(spans: readonly Of[]): SpanNode<Of>[] {
	const nodes = new Map<string, SpanNode<Of>>(spans.map((span) => [span.id, { span, depth: 0, children: [] }]));
	const root = spans.find(({ parentId }) => parentId === undefined);
	const roots: SpanNode<Of>[] = [];
	for (const node of nodes.values()) {
		const parent = nodes.get(node.span.parentId ?? "") ?? (root && nodes.get(root.id));
		if (node.span.parentId === undefined || !parent || parent === node) roots.push(node);
		else parent.children.push(node);
	}
	const placed = new Set<string>();
	place(roots, 0, placed);
	// Whatever was reached from no root goes round in a circle: it is opened where it began first.
	for (const node of [...nodes.values()].toSorted(byTime)) {
		if (placed.has(node.span.id)) continue;
		roots.push(node);
		place([node], 0, placed);
	}
	return roots;
}

const byTime = (one: SpanNode, other: SpanNode): number => one.span.atMs - other.span.atMs;

/** Without recursion: a trace may be as deep as it likes. */
function place(roots: SpanNode[], depth: number, placed: Set<string>): void {
	const open = roots.map((node) => ({ node, depth }));
	roots.sort(byTime);
	for (const { node } of open) placed.add(node.span.id);
	for (let next = open.pop(); next; next = open.pop()) {
		next.node.depth = next.depth;
		next.node.children = next.node.children.filter(({ span }) => !placed.has(span.id)).sort(byTime);
		for (const child of next.node.children) {
			placed.add(child.span.id);
			open.push({ node: child, depth: next.depth + 1 });
		}
	}
}

/** The tree from top to bottom, as a list shows it; what is folded hides what is below it. */
export function flattened<Of extends Placed>(
	roots: readonly SpanNode<Of>[],
	isFolded: (id: string) => boolean = () => false,
): SpanNode<Of>[] {
	const rows: SpanNode<Of>[] = [];
	const open = roots.toReversed();
	for (let node = open.pop(); node; node = open.pop()) {
		rows.push(node);
		if (!isFolded(node.span.id)) open.push(...node.children.toReversed());
	}
	return rows;
}
