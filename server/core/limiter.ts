import { createHash } from "node:crypto";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "./errors";
import { redis } from "./redis";

export type LimitOptions = {
	name: string;
	points: number;
	/** A minute when left out. */
	seconds?: number;
	/** Nobody gets past its count while that can't be asked. */
	isSensitive: boolean;
};

// On globalThis: pages and our own door are bundled apart, and count into one.
const global = globalThis as { quarterdeckLimiters?: Map<string, RateLimiterAbstract> };
global.quarterdeckLimiters ??= new Map();
const limiters = global.quarterdeckLimiters;

/**
 * One for each name and figure. With Redis all processes count together; while it is away a process counts for itself, but
 * for what is sensitive.
 */
export function limiterOf({ name, points, seconds = 60, isSensitive }: LimitOptions): RateLimiterAbstract {
	const storeClient = redis();
	const key = `${storeClient ? "redis" : "memory"} ${name} ${points} ${seconds} ${isSensitive}`;
	const known = limiters.get(key);
	if (known) return known;
	const inProcess = new RateLimiterMemory({ points, duration: seconds, keyPrefix: name });
	const made = storeClient
		? new RateLimiterRedis({
				storeClient,
				points,
				duration: seconds,
				keyPrefix: `quarterdeck:limit:${name}`,
				rejectIfRedisNotReady: true,
				...(isSensitive ? {} : { insuranceLimiter: inProcess }),
			})
		: inProcess;
	limiters.set(key, made);
	return made;
}

/** Counts one. Throws LIMIT_REACHED with the words for so many seconds of waiting, or UNAVAILABLE where it can't be counted. */
export async function countOne(
	limiter: RateLimiterAbstract,
	key: string,
	describe: (seconds: number) => string,
): Promise<RateLimiterRes> {
	try {
		return await limiter.consume(hidden(key));
	} catch (refused) {
		if (!(refused instanceof RateLimiterRes))
			throw new AppError(
				"UNAVAILABLE",
				"Calls of this kind can't be counted just now, so none is let in. Try again soon.",
				{
					cause: refused,
					retryAfterSeconds: 5,
				},
			);
		const seconds = secondsOf(refused);
		throw new AppError("LIMIT_REACHED", describe(seconds), { retryAfterSeconds: seconds });
	}
}

/** How many were counted for a key. */
export const countOf = async (limiter: RateLimiterAbstract, key: string): Promise<number> =>
	(await limiter.get(hidden(key)))?.consumedPoints ?? 0;

/** Takes one back. */
export async function uncountOne(limiter: RateLimiterAbstract, key: string): Promise<void> {
	await limiter.reward(hidden(key));
}

export const secondsOf = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));

/** E-mail addresses don't belong into a shared store. */
const hidden = (key: string): string => createHash("sha256").update(key).digest("base64url").slice(0, 22);
