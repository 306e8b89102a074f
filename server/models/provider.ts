import { setTimeout as sleep } from "node:timers/promises";
import { estimateAsked, type ModelEnd, type ModelMessage, type ModelTool, type Usage } from "./model";
import { describeFailure } from "./model-failure";
import { startWatch, type Watch } from "./watch";

export type CallLimits = {
	firstTokenMs: number;
	/** Longest silence between two pieces. */
	idleMs: number;
	/** For the whole answer, with every retry. */
	totalMs: number;
};
export type ModelLimits = CallLimits & {
	retries: number;
	/** The wait before the first retry is up to so long, and doubles with each. */
	backoffMs: number;
};
export const modelLimits: ModelLimits = {
	firstTokenMs: 30_000,
	idleMs: 30_000,
	totalMs: 120_000,
	retries: 2,
	backoffMs: 300,
};

export type Asked = {
	messages: readonly ModelMessage[];
	tools: readonly ModelTool[];
	/** Most tokens of the answer, where that is less than usual. */
	mostTokens?: number | undefined;
	temperature?: number | undefined;
	/** It can say how likely it found each of its words, and is asked to. */
	isWeighed?: boolean;
};
/** How far a call has come, also where it ends in the middle: a provider bills that too. */
export type Progress = { chars: number; firstTokenMs: number | null; usage: Partial<Usage> };
export const noProgress = (): Progress => ({ chars: 0, firstTokenMs: null, usage: {} });

/** One model behind one endpoint. Throws whatever happens; `describeFailure` says it in words. */
export type Provider = {
	/** One call, without a retry. */
	listen: (asked: Asked, attempt: { watch: Watch; progress: Progress }) => AsyncGenerator<string, ModelEnd>;
};

type Patience = {
	signal: AbortSignal;
	limits: ModelLimits;
	progress: Progress;
	/** Longest to wait for a provider that names a time; where others may answer, that is short. */
	longestWaitMs?: number;
};

/** Asks, and asks again where that may help: never once a word was said, and all of it within `limits.totalMs`. */
export async function* askAgain(
	provider: Provider,
	asked: Asked,
	{ signal, limits, progress, longestWaitMs = Number.POSITIVE_INFINITY }: Patience,
): AsyncGenerator<string, ModelEnd> {
	const begun = performance.now();
	const deadline = begun + limits.totalMs;
	for (let attempt = 0; ; attempt += 1) {
		try {
			const call = { signal, limits: { ...limits, totalMs: deadline - performance.now() }, progress, begun };
			return yield* askOnce(provider, asked, call);
		} catch (error) {
			signal.throwIfAborted();
			const failure = describeFailure(error);
			// Full jitter: those that failed together don't come again together.
			const wait = failure.retryAfterMs ?? Math.random() * limits.backoffMs * 2 ** attempt;
			const isLate = performance.now() + wait >= deadline || wait > longestWaitMs;
			if (progress.chars > 0 || !failure.mayRetry || attempt >= limits.retries || isLate) throw failure;
			await sleep(wait, undefined, { signal });
		}
	}
}

type Call = { signal: AbortSignal; limits: CallLimits; progress: Progress; begun: number };

async function* askOnce(
	provider: Provider,
	asked: Asked,
	{ signal, limits, progress, begun }: Call,
): AsyncGenerator<string, ModelEnd> {
	const watch = startWatch(signal, limits);
	const pieces = provider.listen(asked, { watch, progress });
	try {
		for (;;) {
			const piece = await pieces.next();
			if (piece.done) return piece.value;
			progress.chars += piece.value.length;
			progress.firstTokenMs ??= Math.round(performance.now() - begun);
			yield piece.value;
		}
	} catch (error) {
		// Once the watch has ended the call, its reason tells more than the broken connection does.
		throw watch.signal.aborted ? watch.signal.reason : error;
	} finally {
		watch.end();
		// Whoever left in the middle has no use for the rest.
		void pieces.return(nothingMore).catch(() => {});
	}
}

/** The mean likelihood of an answer's tokens, from their logarithms; nothing where there are none. */
export function surenessOf(logprobs: readonly number[]): { sureness?: number } {
	const told = logprobs.filter((one) => Number.isFinite(one) && one <= 0);
	if (told.length === 0) return {};
	return { sureness: told.reduce((sum, one) => sum + Math.exp(one), 0) / told.length };
}

/** How a generator of an answer is left. */
export const nothingMore: ModelEnd = { usage: { inputTokens: 0, outputTokens: 0 }, end: "cut", calls: [] };

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
/** More than any model takes at once: whoever says so counts wrongly. */
const mostTokens = 100_000_000;

/** What a call took: by the provider's own count where that can be one, else by its words, and then it says so. */
export function usageOf(asked: Asked, { chars, usage }: Progress): { usage: Usage; isEstimated: boolean } {
	const { inputTokens, outputTokens, cachedTokens = 0 } = usage;
	const said = Math.ceil(chars / 4);
	const isTold =
		isCount(inputTokens) &&
		isCount(outputTokens) &&
		inputTokens > 0 &&
		inputTokens + outputTokens <= mostTokens &&
		(outputTokens > 0 || said === 0);
	if (!isTold)
		return {
			usage: { inputTokens: estimateAsked(asked.messages, asked.tools), outputTokens: said },
			isEstimated: true,
		};
	const cached = isCount(cachedTokens) ? Math.min(cachedTokens, inputTokens) : 0;
	return { usage: { inputTokens, outputTokens, ...(cached > 0 ? { cachedTokens: cached } : {}) }, isEstimated: false };
}
