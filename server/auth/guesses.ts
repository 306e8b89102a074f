import { and, eq, gt, isNotNull, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { accountLinks, sessions, users } from "@/db/schema";
import { addressBlock } from "@/server/core/address";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";

/**
 * How often passwords may be guessed. In process for now: each web process counts for itself. A victim is never locked out:
 * places from which they signed in before, or just chose a new password, have a count that nobody else can use up.
 */
const limiters = {
	/** For one account from one place. */
	placeMinute: new RateLimiterMemory({ keyPrefix: "placeMinute", points: 10, duration: 60 }),
	placeHour: new RateLimiterMemory({ keyPrefix: "placeHour", points: 60, duration: 3_600 }),
	/** For one account, from all places together that it does not know. */
	strangers: new RateLimiterMemory({ keyPrefix: "strangers", points: 100, duration: 3_600 }),
	/** From one place, for all accounts together that it is new to. */
	address: new RateLimiterMemory({ keyPrefix: "address", points: 100, duration: 600 }),
};

/** Failed tries from places that an account does not know, after which a sign-in from one of them is told to its person. */
const suspicious = 5;
const knownDays = 90;

export type Guess = {
	/** The password was right: what it cost is given back. */
	forgive(): Promise<void>;
	/** Whether a right password would be worth a mail: from a place that is new, after many wrong ones. */
	isSuspicious: boolean;
};

/** Counts a try before anything is looked up. Throws LIMIT_REACHED, alike for accounts that there are and that there are not. */
export async function beginGuess(ctx: ServiceContext, email: string): Promise<Guess> {
	const place = addressBlock(ctx.origin.address ?? "unknown");
	const pair = `${email} ${place}`;
	const spent: [RateLimiterMemory, string][] = [
		[limiters.placeMinute, pair],
		[limiters.placeHour, pair],
	];
	const isKnown = await isKnownPlace(ctx, email, place);
	if (!isKnown) spent.push([limiters.address, place], [limiters.strangers, email]);
	for (const [limiter, key] of spent) await spend(limiter, key);
	const tries = isKnown ? 0 : ((await limiters.strangers.get(email))?.consumedPoints ?? 0);
	return {
		isSuspicious: tries > suspicious,
		forgive: async () => {
			for (const [limiter, key] of spent) await limiter.reward(key);
		},
	};
}

async function spend(limiter: RateLimiterMemory, key: string): Promise<void> {
	try {
		await limiter.consume(key);
	} catch (refused) {
		if (!(refused instanceof RateLimiterRes)) throw refused;
		const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
		const wait = seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
		throw new AppError(
			"LIMIT_REACHED",
			`Too many tries. Wait ${wait}, or choose a new password by mail: that opens the door at once.`,
			{ retryAfterSeconds: seconds },
		);
	}
}

/** Whether this account has signed in from here lately, or has chosen a new password from here today. */
async function isKnownPlace(ctx: ServiceContext, email: string, place: string): Promise<boolean> {
	const isTheirs = eq(sql`lower(${users.email})`, email);
	const rows = await unionAll(
		ctx.db.orm
			.selectDistinct({ address: sessions.address })
			.from(sessions)
			.innerJoin(users, eq(users.id, sessions.userId))
			.where(and(isTheirs, gt(sessions.createdAt, sql`now() - make_interval(days => ${knownDays})`))),
		ctx.db.orm
			.selectDistinct({ address: accountLinks.usedFrom })
			.from(accountLinks)
			.innerJoin(users, eq(users.id, accountLinks.userId))
			.where(and(isTheirs, isNotNull(accountLinks.usedFrom), gt(accountLinks.usedAt, sql`now() - interval '1 day'`))),
	);
	return rows.some(({ address }) => address !== null && addressBlock(address) === place);
}
