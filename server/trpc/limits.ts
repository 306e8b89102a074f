import { createHash } from "node:crypto";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "@/server/core/errors";
import { redis } from "@/server/core/redis";

/** Calls a minute and the longest that one may take, in ms, by class. */
const classes = {
	/** Guessing passwords and codes, by account. */
	signIn: { perMinute: 20, longestMs: 15_000 },
	/** The same, by address: many people may share one. */
	signInAddress: { perMinute: 300, longestMs: 15_000 },
	standard: { perMinute: 1_200, longestMs: 15_000 },
	/** What costs: starting a run, bringing a file. */
	heavy: { perMinute: 600, longestMs: 30_000 },
	/** Opening a stream, which reconnects by itself; open ones end by being idle. */
	stream: { perMinute: 1_200, longestMs: 15_000 },
} as const;
export type LimitClass = keyof typeof classes;
export const longestCall = (limit: LimitClass): number => classes[limit].longestMs;

/** How much of a limit is left, for the headers of the answer. */
export type Charge = { limit: number; remaining: number; resetSeconds: number };

// On globalThis: pages and our own door are bundled apart, and count into one.
const global = globalThis as { quarterdeckLimiters?: Map<string, RateLimiterAbstract> };
global.quarterdeckLimiters ??= new Map();
const limiters = global.quarterdeckLimiters;

/**
 * One for each name and figure. With Redis all processes count together; while it is away a process counts for itself, but
 * for what is sensitive: there nobody gets past a count that can't be asked.
 */
function limiterOf(name: string, points: number, isSensitive: boolean): RateLimiterAbstract {
	const storeClient = redis();
	const key = `${storeClient ? "redis" : "memory"} ${name} ${points} ${isSensitive}`;
	const known = limiters.get(key);
	if (known) return known;
	const inProcess = new RateLimiterMemory({ points, duration: 60, keyPrefix: name });
	const made = storeClient
		? new RateLimiterRedis({
				storeClient,
				points,
				duration: 60,
				keyPrefix: `quarterdeck:limit:${name}`,
				rejectIfRedisNotReady: true,
				...(isSensitive ? {} : { insuranceLimiter: inProcess }),
			})
		: inProcess;
	limiters.set(key, made);
	return made;
}

const sensitive: readonly LimitClass[] = ["signIn", "signInAddress"];

/** Counts one call. Throws LIMIT_REACHED, which says when it may be tried again. What is dangerous is as sensitive as signing in. */
export const chargeCall = (limit: LimitClass, key: string, { isDangerous = false } = {}): Promise<Charge> => {
	const { perMinute } = classes[limit];
	const limiter = limiterOf(limit, perMinute, isDangerous || sensitive.includes(limit));
	return consume(limiter, key, `Too many calls: at most ${perMinute} a minute.`);
};

/** Counts one call of a key against its own limit, where it has one. */
export async function chargeKey(key: { keyId: string; callsPerMinute?: number | null }): Promise<Charge | null> {
	const points = key.callsPerMinute;
	if (!points) return null;
	return consume(limiterOf("key", points, false), key.keyId, `This key may make at most ${points} calls a minute.`);
}

async function consume(limiter: RateLimiterAbstract, key: string, why: string): Promise<Charge> {
	try {
		const now = await limiter.consume(hidden(key));
		return { limit: limiter.points, remaining: now.remainingPoints, resetSeconds: secondsOf(now) };
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
		throw new AppError("LIMIT_REACHED", `${why} Try again in ${seconds} s.`, { retryAfterSeconds: seconds });
	}
}

const secondsOf = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));

/** E-mail addresses don't belong into a shared store. */
const hidden = (key: string): string => createHash("sha256").update(key).digest("base64url").slice(0, 22);

/** The limit that is nearest to its end, as answers tell it. */
export function limitHeaders(charges: readonly Charge[]): Record<string, string> {
	const [nearest] = charges.toSorted((a, b) => a.remaining - b.remaining);
	if (!nearest) return {};
	return {
		"ratelimit-limit": String(nearest.limit),
		"ratelimit-remaining": String(nearest.remaining),
		"ratelimit-reset": String(nearest.resetSeconds),
	};
}
