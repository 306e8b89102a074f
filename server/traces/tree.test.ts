import { expect, test } from "vitest";
import { flattened, type SpanNode, treeOf } from "./contract/tree";

const span = (id: string, parentId: string | undefined, atMs: number) => ({
	id,
	atMs,
	...(parentId === undefined ? {} : { parentId }),
});
const shown = (nodes: SpanNode[]) => nodes.map((node) => `${"-".repeat(node.depth)}${node.span.id}`);

test("spans stand below what they are part of, first begun first", () => {
	const spans = [span("c", "a", 5), span("b", "a", 2), span("a", undefined, 0), span("d", "b", 3)];
	expect(shown(flattened(treeOf(spans)))).toEqual(["a", "-b", "--d", "-c"]);
});

test("what is folded hides what is below it", () => {
	const spans = [span("a", undefined, 0), span("b", "a", 2), span("d", "b", 3), span("c", "a", 5)];
	expect(shown(flattened(treeOf(spans), (id) => id === "b"))).toEqual(["a", "-b", "-c"]);
});

test("what has lost its parent stands under the root", () => {
	const spans = [span("a", undefined, 0), span("lost", "killed", 4)];
	expect(shown(flattened(treeOf(spans)))).toEqual(["a", "-lost"]);
});

test("what goes round in circles is shown once", () => {
	const spans = [span("a", undefined, 0), span("x", "y", 2), span("y", "x", 3), span("self", "self", 4)];
	expect(shown(flattened(treeOf(spans))).toSorted()).toEqual(["-y", "a", "self", "x"].toSorted());
});

test("without a root, as while a run goes on, everything is a root or below one", () => {
	const spans = [span("b", "open", 2), span("c", "b", 3)];
	expect(shown(flattened(treeOf(spans)))).toEqual(["b", "-c"]);
});
