import { describe, expect, test } from "vitest";
import type { Span } from "@/server/traces/contract";
import { graphOf } from "./graph";
import { forestOf, shownRows } from "./rows";

const span = (id: string, parentId: string | undefined, more: Partial<Span> = {}): Span => ({
	...{
		id,
		kind: "node",
		name: `step ${id}`,
		status: "ok",
		atMs: Number(id),
		ms: 10,
		attributes: {},
		hasContent: false,
	},
	...(parentId ? { parentId } : {}),
	...more,
});
const model = (id: string, parentId: string, currency: string, more: Partial<Span> = {}): Span =>
	span(id, parentId, {
		kind: "model",
		name: "swift",
		inputTokens: 10,
		outputTokens: 1,
		costMicros: 5,
		currency,
		...more,
	});

const spans = [
	span("0", undefined, { kind: "run", name: "assistant", ms: 100 }),
	span("1", "0"),
	model("2", "1", "EUR"),
	model("3", "1", "USD", { status: "failed", errorCode: "timeout", ms: 40 }),
	span("4", "0"),
	model("5", "4", "EUR"),
];
const none = { words: "", onlyFailed: false };
const idsOf = (rows: { span: Span }[]) => rows.map((row) => row.span.id);

describe("a trace in rows", () => {
	test("a span comes to what is within it, each currency by itself", () => {
		const { rolled, endMs } = forestOf(spans);
		expect(rolled.get("0")).toEqual({
			...{ spans: 6, tokens: 33, failures: 1 },
			costs: expect.arrayContaining([
				{ micros: 10, currency: "EUR" },
				{ micros: 5, currency: "USD" },
			]),
		});
		expect(rolled.get("4")).toMatchObject({
			spans: 2,
			tokens: 11,
			failures: 0,
			costs: [{ micros: 5, currency: "EUR" }],
		});
		expect(endMs).toBe(100);
	});

	test("what is folded hides what is below it; what is searched for stands in what it is part of, folded or not", () => {
		const forest = forestOf(spans);
		expect(idsOf(shownRows(forest, new Set(["1"]), none).rows)).toEqual(["0", "1", "4", "5"]);
		const failed = shownRows(forest, new Set(["1"]), { words: "", onlyFailed: true });
		expect([idsOf(failed.rows), [...failed.found]]).toEqual([["0", "1", "3"], ["3"]]);
		expect([...shownRows(forest, new Set(), { words: "TimeOut", onlyFailed: false }).found]).toEqual(["3"]);
		expect(shownRows(forest, new Set(), { words: "nowhere", onlyFailed: false }).rows).toEqual([]);
	});

	test("steps that only a number tells apart are one box, with an arrow to what they asked", () => {
		const { boxes, arrows } = graphOf(forestOf(spans));
		expect(boxes.map(({ name, count, failures, column }) => [name, count, failures, column])).toEqual([
			["assistant", 1, 0, 0],
			["step", 2, 0, 1],
			["swift", 3, 1, 2],
		]);
		expect(boxes.at(-1)?.longest.id).toBe("3");
		expect(arrows.map(({ count }) => count)).toEqual([2, 3]);
	});
});
