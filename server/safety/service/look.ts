import { foundInWords, type Place } from "../contract";
import { countKinds, type Find, untangled } from "../detectors";
import { type Mark, markOf } from "./marks";
import type { LivePolicy } from "./policies-now";

export type Held = { policy: LivePolicy; mode: "shadow" | "warn" | "redact" | "block" };
/** What a policy found in a text, before it is written down. */
export type RawVerdict = {
	policy: LivePolicy;
	place: Place;
	action: "shadowed" | "warned" | "redacted" | "blocked";
	found: Record<string, number>;
	hasFailed: boolean;
	words: string | null;
};
export type Looked = {
	/** The text as it may go on. */
	text: string;
	verdicts: RawVerdict[];
	marks: Mark[];
	/** Why it may not go on at all; null where it may. */
	blockedBy: RawVerdict | null;
};

const actionOf = { shadow: "shadowed", warn: "warned", redact: "redacted", block: "blocked" } as const;

/** What was found by one policy; `failed` where it could not look. */
export type Looking = { finds: Find[]; failed: boolean };
export function lookWith(policy: LivePolicy, text: string): Looking {
	try {
		return { finds: policy.detect(text), failed: false };
	} catch {
		return { finds: [], failed: true };
	}
}

/** A policy that could not look, and would have stopped or covered something, lets nothing on. */
export function verdictOf(
	{ policy, mode }: Held,
	place: Place,
	{ finds, failed }: Looking,
	text: string,
): RawVerdict | null {
	if (finds.length === 0 && !failed) return null;
	const action = failed && mode === "redact" ? "blocked" : actionOf[mode];
	const [first] = finds;
	const words = policy.keepsWords && first ? text.slice(Math.max(0, first.start - 60), first.end + 60) : null;
	return { policy, place, action, found: failed ? { failed: 1 } : countKinds(finds), hasFailed: failed, words };
}

/** Looks through one text by every policy of its place. */
export function look(held: readonly Held[], place: Place, text: string, runId: string): Looked {
	const verdicts: RawVerdict[] = [];
	const covered: Find[] = [];
	for (const one of held) {
		const looking = lookWith(one.policy, text);
		const verdict = verdictOf(one, place, looking, text);
		if (verdict) verdicts.push(verdict);
		if (one.mode === "redact") covered.push(...looking.finds);
	}
	const blockedBy = verdicts.find(({ action }) => action === "blocked") ?? null;
	return { ...coverFinds(text, covered, runId), verdicts, blockedBy };
}

/** The text with marks in place of what was found. */
export function coverFinds(text: string, finds: readonly Find[], runId: string): { text: string; marks: Mark[] } {
	if (finds.length === 0) return { text, marks: [] };
	const marks: Mark[] = [];
	let made = "";
	let at = 0;
	for (const { kind, start, end } of untangled(finds)) {
		const mark = markOf(runId, kind, text.slice(start, end));
		marks.push(mark);
		made += text.slice(at, start) + mark.mark;
		at = end;
	}
	return { text: made + text.slice(at), marks };
}

/** In words for whoever asked; never what was found. */
export const whyBlocked = ({ policy, found, hasFailed }: RawVerdict, what: string): string =>
	hasFailed
		? `${what} could not be checked by the policy “${policy.name}”, so it went no further.`
		: `${what} was held back by the policy “${policy.name}”: ${foundInWords(found)}.`;

/** Every text in a value of JSON, each with the name before it, which says what it is. Numbers are texts that may hide a card. */
export function lookJson(held: readonly Held[], place: Place, json: string, runId: string): Looked {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		return look(held, place, json, runId);
	}
	const verdicts = new Map<string, RawVerdict>();
	const marks: Mark[] = [];
	const walk = (inner: unknown, name: string): unknown => {
		if (typeof inner === "string" || typeof inner === "number") {
			const before = name === "" ? "" : `${name}: `;
			const looked = look(held, place, before + String(inner), runId);
			for (const one of looked.verdicts) verdicts.set(one.policy.id, together(verdicts.get(one.policy.id), one));
			marks.push(...looked.marks);
			if (looked.marks.length === 0) return inner;
			return looked.text.startsWith(before) ? looked.text.slice(before.length) : looked.text;
		}
		if (Array.isArray(inner)) return inner.map((item) => walk(item, name));
		if (typeof inner !== "object" || inner === null) return inner;
		return Object.fromEntries(Object.entries(inner).map(([key, item]) => [key, walk(item, key)]));
	};
	const walked = walk(value, "");
	const all = [...verdicts.values()];
	const blockedBy = all.find(({ action }) => action === "blocked") ?? null;
	return { text: marks.length > 0 ? JSON.stringify(walked) : json, verdicts: all, marks, blockedBy };
}

function together(one: RawVerdict | undefined, other: RawVerdict): RawVerdict {
	if (!one) return other;
	const found = { ...one.found };
	for (const [kind, count] of Object.entries(other.found)) found[kind] = (found[kind] ?? 0) + count;
	const isWorse = other.action === "blocked";
	return { ...one, found, action: isWorse ? "blocked" : one.action, hasFailed: one.hasFailed || other.hasFailed };
}

/** What was found in two ways in the same text. */
export function joined(one: Looked, other: Looked): Looked {
	if (other.verdicts.length === 0) return one;
	const verdicts = new Map(one.verdicts.map((verdict) => [verdict.policy.id, verdict]));
	for (const verdict of other.verdicts)
		verdicts.set(verdict.policy.id, together(verdicts.get(verdict.policy.id), verdict));
	const all = [...verdicts.values()];
	return { ...one, verdicts: all, blockedBy: all.find(({ action }) => action === "blocked") ?? null };
}
