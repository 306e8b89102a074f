import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { addressBlock } from "@/server/core/address";
import type { ServiceContext } from "@/server/core/context";
import { charged } from "@/server/core/denials";
import { countOne, limiterOf, secondsOf } from "@/server/core/limiter";

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
export const callsPerMinute = (limit: LimitClass): number => classes[limit].perMinute;
export const longestCall = (limit: LimitClass): number => classes[limit].longestMs;

/** How much of a limit is left, for the headers of the answer. */
export type Charge = { limit: number; remaining: number; resetSeconds: number };

const sensitive: readonly LimitClass[] = ["signIn", "signInAddress"];

/** Counts one call. Throws LIMIT_REACHED, which says when it may be tried again. What is dangerous is as sensitive as signing in. */
export const chargeCall = (limit: LimitClass, key: string, { isDangerous = false } = {}): Promise<Charge> => {
	const { perMinute } = classes[limit];
	const limiter = limiterOf({ name: limit, points: perMinute, isSensitive: isDangerous || sensitive.includes(limit) });
	return consume(limiter, key, `Too many calls: at most ${perMinute} a minute.`);
};

/** Counts one try to get in, by the place that it comes from. */
export const chargeAddress = (ctx: ServiceContext): Promise<Charge> =>
	charged(
		ctx,
		() => chargeCall("signInAddress", addressBlock(ctx.origin.address ?? "unknown")),
		async () => ({ action: "session.open", resource: "user" }),
	);

/** Counts one call of a key against its own limit, where it has one. */
export async function chargeKey(key: { keyId: string; callsPerMinute?: number | null }): Promise<Charge | null> {
	const points = key.callsPerMinute;
	if (!points) return null;
	return consume(
		limiterOf({ name: "key", points, isSensitive: false }),
		key.keyId,
		`This key may make at most ${points} calls a minute.`,
	);
}

async function consume(limiter: RateLimiterAbstract, key: string, why: string): Promise<Charge> {
	const now = await countOne(limiter, key, (seconds) => `${why} Try again in ${seconds} s.`);
	return { limit: limiter.points, remaining: now.remainingPoints, resetSeconds: secondsOf(now) };
}

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
