import type { Find } from "../detectors";
import { coverFinds, type Held, lookWith } from "./look";

/** So much of the newest words is held back, as what is found may only begin in them. */
const heldChars = 160;
/** What has gone out already says what the next words mean. */
const contextChars = 400;
/** Nothing is looked at for fewer new letters than these. */
const stepChars = 24;
/** Words that come fast are looked at together, no more often than this, in ms. */
const restMs = 40;
/** So many letters are looked at however fast they came. */
const mostUnseen = 2_000;
/** A word as long as this is cut all the same. */
const longestWord = 4_000;

/**
 * A text on its way out, piece by piece: what is let go holds nothing that a policy covers or blocks, also where it lies across
 * pieces. Its end is held back until it is known how it goes on.
 */
export class Outgoing {
	private raw = "";
	private gone = 0;
	private seen = 0;
	private lookedAt = Number.NEGATIVE_INFINITY;
	constructor(
		/** Policies that cover or block. */
		private readonly held: readonly Held[],
		private readonly runId: string,
		/** Where a model judges the whole, nothing goes out before. */
		private readonly isWhole: boolean,
		/** Told once something is found that may not go out at all. */
		private readonly onBlocked: (by: Held, text: string) => never,
	) {}

	/** All that was said since it began. */
	get whole(): string {
		return this.raw;
	}

	push(piece: string): string {
		this.raw += piece;
		if (this.held.length === 0 && !this.isWhole) {
			this.gone = this.raw.length;
			return piece;
		}
		const unseen = this.raw.length - this.seen;
		if (this.isWhole || unseen < stepChars || this.raw.length - this.gone <= heldChars) return "";
		if (unseen < mostUnseen && performance.now() - this.lookedAt < restMs) return "";
		return this.release(this.raw.length - heldChars);
	}

	finish(): string {
		return this.gone === this.raw.length ? "" : this.release(this.raw.length);
	}

	restart(): void {
		this.raw = "";
		this.gone = 0;
		this.seen = 0;
		this.lookedAt = Number.NEGATIVE_INFINITY;
	}

	private release(wanted: number): string {
		this.seen = this.raw.length;
		this.lookedAt = performance.now();
		const from = Math.max(0, this.gone - contextChars);
		const text = this.raw.slice(from);
		const covered: Find[] = [];
		let limit = wanted;
		for (const one of this.held) {
			const { finds, failed } = lookWith(one.policy, text);
			const fresh = finds.filter(({ end }) => from + end > this.gone);
			if (failed || (one.mode === "block" && fresh.length > 0)) this.onBlocked(one, text);
			for (const find of fresh) {
				const [start, end] = [from + find.start, from + find.end];
				covered.push({ ...find, start, end });
			}
		}
		if (limit < this.raw.length) {
			limit = this.wordBefore(limit);
			// What may go on growing waits for its end, and nothing is cut in two.
			for (const { start, end } of covered.toReversed()) if (start < limit && end > limit) limit = start;
		}
		if (limit <= this.gone) return "";
		const begun = this.gone;
		const mine = covered
			.filter(({ start, end }) => end > begun && start < limit)
			.map((find) => ({ ...find, start: Math.max(0, find.start - begun), end: Math.min(limit, find.end) - begun }));
		this.gone = limit;
		return coverFinds(this.raw.slice(begun, limit), mine, this.runId).text;
	}

	private wordBefore(limit: number): number {
		for (let at = limit; at > this.gone; at -= 1) if (/\s/.test(this.raw[at - 1] ?? "")) return at;
		return limit - this.gone > longestWord ? limit : this.gone;
	}
}
