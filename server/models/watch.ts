import type { FailureReason } from "./contract/reasons";
import { ModelFailure } from "./model";

export type Watch = {
	/** Ends with the caller's signal, or with a ModelFailure once a limit has passed. */
	signal: AbortSignal;
	/** Something arrived. */
	heard: () => void;
	end: () => void;
};

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))} s`;

/** Watches over one call: its first token, its silences, its whole. */
export function startWatch(
	outer: AbortSignal,
	limits: { firstTokenMs: number; idleMs: number; totalMs: number },
): Watch {
	const controller = new AbortController();
	const give = (why: string, reason: FailureReason) => () => controller.abort(new ModelFailure(why, { reason }));
	const stop = () => controller.abort(outer.reason);
	if (outer.aborted) stop();
	outer.addEventListener("abort", stop, { once: true });
	const total = setTimeout(give("The model did not finish in time.", "late"), limits.totalMs);
	const first = setTimeout(
		give(`The model did not begin to answer within ${seconds(limits.firstTokenMs)}.`, "slow"),
		limits.firstTokenMs,
	);
	let idle: NodeJS.Timeout | undefined;
	return {
		signal: controller.signal,
		heard: () => {
			clearTimeout(first);
			if (idle) idle.refresh();
			else idle = setTimeout(give(`The model fell silent for ${seconds(limits.idleMs)}.`, "silent"), limits.idleMs);
		},
		end: () => {
			for (const timer of [total, first, idle]) clearTimeout(timer);
			outer.removeEventListener("abort", stop);
		},
	};
}
