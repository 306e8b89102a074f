import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "@/server/core/errors";

/** Calls a minute, by class. In process for now: each web process counts for itself. */
const perMinute = {
	/** Guessing passwords and codes, by account. */
	signIn: 20,
	/** The same, by address: many people may share one. */
	signInAddress: 300,
	standard: 1_200,
	/** What costs: starting a run, bringing a file. */
	heavy: 600,
	/** Opening a stream, which reconnects by itself. */
	stream: 1_200,
} as const;
export type LimitClass = keyof typeof perMinute;

const limiters = Object.fromEntries(
	Object.entries(perMinute).map(([name, points]) => [
		name,
		new RateLimiterMemory({ points, duration: 60, keyPrefix: name }),
	]),
) as Record<LimitClass, RateLimiterMemory>;

/** Limits that keys have of their own, one limiter for each figure. */
const ofKeys = new Map<number, RateLimiterMemory>();

/** Counts one call of a key against its own limit, where it has one. */
export async function chargeKey(key: { keyId: string; callsPerMinute?: number | null }): Promise<void> {
	const points = key.callsPerMinute;
	if (!points) return;
	const limiter = ofKeys.get(points) ?? new RateLimiterMemory({ points, duration: 60, keyPrefix: "key" });
	ofKeys.set(points, limiter);
	await consume(limiter, key.keyId, `This key may make at most ${points} calls a minute.`);
}

/** Counts one call. Throws LIMIT_REACHED, which says when it may be tried again. */
export const chargeCall = (limit: LimitClass, key: string): Promise<void> =>
	consume(limiters[limit], key, `Too many calls: at most ${perMinute[limit]} a minute.`);

async function consume(limiter: RateLimiterMemory, key: string, why: string): Promise<void> {
	try {
		await limiter.consume(key);
	} catch (refused) {
		if (!(refused instanceof RateLimiterRes)) throw refused;
		const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
		throw new AppError("LIMIT_REACHED", `${why} Try again in ${seconds} s.`, { retryAfterSeconds: seconds });
	}
}
