import { and, eq, gt, isNotNull, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { accountLinks, sessions, users } from "@/db/schema";
import { addressBlock } from "@/server/core/address";
import type { ServiceContext } from "@/server/core/context";
import { charged } from "@/server/core/denials";
import { countOf, countOne, type LimitOptions, limiterOf, uncountOne } from "@/server/core/limiter";

/**
 * How often passwords may be guessed. A victim is never locked out: places from which they signed in before, or just chose a new
 * password, have a count that nobody else can use up.
 */
const limits = {
	/** For one account from one place. */
	placeMinute: { name: "guessPlaceMinute", points: 10, seconds: 60, isSensitive: true },
	placeHour: { name: "guessPlaceHour", points: 60, seconds: 3_600, isSensitive: true },
	/** For one account, from all places together that it does not know. */
	strangers: { name: "guessStrangers", points: 100, seconds: 3_600, isSensitive: true },
	/** From one place, for all accounts together that it is new to. */
	address: { name: "guessAddress", points: 100, seconds: 600, isSensitive: true },
} satisfies Record<string, LimitOptions>;

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
	const spent: [LimitOptions, string][] = [
		[limits.placeMinute, pair],
		[limits.placeHour, pair],
	];
	const isKnown = await isKnownPlace(ctx, email, place);
	if (!isKnown) spent.push([limits.address, place], [limits.strangers, email]);
	const count = async () => {
		for (const [limit, key] of spent) await countOne(limiterOf(limit), key, describeWait);
	};
	await charged(ctx, count, async () => ({
		action: "session.open",
		resource: "user",
		resourceId: await idOf(ctx, email),
	}));
	const tries = isKnown ? 0 : await countOf(limiterOf(limits.strangers), email);
	return {
		isSuspicious: tries > suspicious,
		forgive: async () => {
			for (const [limit, key] of spent) await uncountOne(limiterOf(limit), key);
		},
	};
}

async function idOf(ctx: ServiceContext, email: string): Promise<string | null> {
	const [user] = await ctx.db.orm
		.select({ id: users.id })
		.from(users)
		.where(eq(sql`lower(${users.email})`, email));
	return user?.id ?? null;
}

function describeWait(seconds: number): string {
	const wait = seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
	return `Too many tries. Wait ${wait}, or choose a new password by mail: that opens the door at once.`;
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
