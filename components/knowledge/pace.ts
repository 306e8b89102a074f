import { useState } from "react";
import { duration } from "@/components/ui/figures";
import type { CollectionChange } from "@/server/knowledge/contract";

type Total = Pick<CollectionChange["total"], "all" | "progress">;
type Look = { at: number; done: number };

/** How far back the rate looks: long enough to be steady, short enough to be of now. */
const windowMs = 60_000;
const leastMs = 5_000;

/** Documents a minute, and how long what is left takes at that rate; null until there is something to go by. */
export function paceOf(looks: readonly Look[], all: number): { perMinute: number; leftMs: number } | null {
	const [first, last] = [looks[0], looks.at(-1)];
	if (!first || !last || last.at - first.at < leastMs || last.done <= first.done) return null;
	const perMs = (last.done - first.done) / (last.at - first.at);
	return { perMinute: perMs * 60_000, leftMs: (all - last.done) / perMs };
}

/** The same in words, from what was seen since the page was opened. */
export function usePace({ all, progress }: Total): string | null {
	const done = progress * all;
	const [looks, setLooks] = useState<Look[]>([]);
	const last = looks.at(-1);
	// A look more with each change that is told; documents that were added begin the count anew.
	if (last?.done !== done) {
		const now = Date.now();
		const isAnew = last !== undefined && done < last.done;
		setLooks([...(isAnew ? [] : looks.filter(({ at }) => now - at < windowMs)), { at: now, done }]);
	}
	const pace = paceOf(looks, all);
	if (!pace) return null;
	const rate = pace.perMinute >= 10 ? Math.round(pace.perMinute) : Math.round(pace.perMinute * 10) / 10;
	return `${rate} documents a minute, about ${duration(pace.leftMs)} left`;
}
