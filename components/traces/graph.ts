import type { Span, SpanKind } from "@/server/traces/contract";
import type { Forest } from "./rows";

/** What was done alike: every time that a step, a tool or a model stood where it stands. */
export type Box = {
	key: string;
	kind: SpanKind;
	name: string;
	depth: number;
	count: number;
	failures: number;
	ms: number;
	/** The one that took longest: it is opened with the box. */
	longest: Span;
	column: number;
	line: number;
};
export type Arrow = { from: string; to: string; count: number };
export type Graph = { boxes: Box[]; arrows: Arrow[]; columns: number; lines: number; left: number };

const mostBoxes = 60;
/** Steps that only a number tells apart are one box. */
const keyOf = ({ kind, name }: Span): string => `${kind} ${nameOf(name)}`;
const nameOf = (name: string): string => name.replace(/[\s#:·-]*\d+$/, "") || name;

/** A trace as boxes with arrows from what asked to what was asked for, in columns by how deep they stand first. */
export function graphOf({ all, parentOf, byId }: Forest): Graph {
	const boxes = new Map<string, Box>();
	const arrows = new Map<string, Arrow>();
	for (const { span, depth } of all) {
		const key = keyOf(span);
		const box = boxes.get(key) ?? {
			...{ key, kind: span.kind, name: nameOf(span.name), depth, count: 0, failures: 0, ms: 0 },
			...{ longest: span, column: 0, line: 0 },
		};
		boxes.set(key, box);
		box.count += 1;
		box.failures += span.status === "failed" ? 1 : 0;
		box.ms += span.ms;
		box.depth = Math.min(box.depth, depth);
		if (span.ms > box.longest.ms) box.longest = span;
		const parent = byId.get(parentOf.get(span.id) ?? "");
		if (!parent) continue;
		const from = keyOf(parent.span);
		const arrow = arrows.get(`${from} → ${key}`) ?? { from, to: key, count: 0 };
		arrow.count += 1;
		arrows.set(`${from} → ${key}`, arrow);
	}
	const shown = [...boxes.values()]
		.toSorted((one, other) => one.depth - other.depth || other.ms - one.ms)
		.slice(0, mostBoxes);
	const { columns, lines } = place(shown);
	const isShown = new Set(shown.map(({ key }) => key));
	return {
		boxes: shown,
		arrows: [...arrows.values()].filter(({ from, to }) => isShown.has(from) && isShown.has(to)),
		...{ columns, lines, left: boxes.size - shown.length },
	};
}

function place(boxes: readonly Box[]): { columns: number; lines: number } {
	const depths = [...new Set(boxes.map(({ depth }) => depth))].toSorted((a, b) => a - b);
	const used = new Map<number, number>();
	for (const box of boxes) {
		box.column = depths.indexOf(box.depth);
		box.line = used.get(box.column) ?? 0;
		used.set(box.column, box.line + 1);
	}
	return { columns: depths.length, lines: Math.max(1, ...used.values()) };
}
