import { and, eq, gt, isNull, or, type SQL, sql } from "drizzle-orm";
import { apiKeys } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { ApiKey, CreateKey, NewKey, OneKey, RotateKey } from "../contract";
import { readNetwork } from "../networks";
import { hashKey, lastFourOf, newKey, newPrefix } from "../secret";
import { getKey, ownKey, readKey } from "./list-keys";

const mostKeys = 100;

/** A key makes no keys: whoever finds one must not be able to stay. */
function requirePerson(ctx: ServiceContext): string {
	if (ctx.actor.kind !== "user")
		throw new AppError("FORBIDDEN", "Only a person makes or renews keys, not a key itself.");
	return ctx.actor.userId;
}

/** Nobody gives a key what they don't hold. */
export async function createKey(ctx: ServiceContext, input: CreateKey): Promise<NewKey> {
	const userId = requirePerson(ctx);
	const wider = input.scopes.filter((scope) => !actorMay(ctx.actor, scope));
	if (wider.length > 0)
		throw new AppError("FORBIDDEN", `A key may do no more than you: you don't hold ${wider.join(", ")}.`);
	const addresses = input.addresses.map((text) => {
		const network = readNetwork(text);
		if (!network)
			throw new AppError("INVALID_INPUT", `“${text}” is neither an address nor a network such as 10.0.0.0/8.`);
		return network;
	});
	const prefix = newPrefix();
	const secret = newKey(prefix);
	const id = await ctx.db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 2))`);
		if ((await tx.$count(apiKeys, and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))) >= mostKeys)
			throw new AppError("LIMIT_REACHED", `At most ${mostKeys} keys at once. Revoke one that is not used any more.`);
		const [row] = await tx
			.insert(apiKeys)
			.values({
				userId,
				name: input.name,
				prefix,
				secretHash: hashKey(secret),
				lastFour: lastFourOf(secret),
				scopes: input.scopes,
				addresses: addresses.length > 0 ? addresses : null,
				tokensPerDay: input.tokensPerDay,
				callsPerMinute: input.callsPerMinute,
				expiresAt: input.expiresInDays === null ? null : sql`now() + make_interval(days => ${input.expiresInDays})`,
			})
			.returning({ id: apiKeys.id });
		if (!row) throw new Error("the key was not stored");
		await audit(ctx, tx, {
			action: "key.create",
			resource: "key",
			resourceId: row.id,
			after: { name: input.name, scopes: input.scopes, expiresInDays: input.expiresInDays, addresses },
		});
		return row.id;
	});
	return { key: await readKey(ctx, id), secret };
}

/** A new secret for the same key; the old one works on for as long as was chosen, and only one old one does. */
export async function rotateKey(ctx: ServiceContext, input: RotateKey): Promise<NewKey> {
	const userId = requirePerson(ctx);
	const before = await getKey(ctx, input);
	// Its scopes may have been given when they held more: a fresh secret is given by the rights of today.
	if (before.dormant.length > 0)
		throw new AppError(
			"FORBIDDEN",
			`This key has rights that you don't hold any more (${before.dormant.join(", ")}): make another one instead.`,
		);
	const secret = newKey(before.prefix.slice(before.prefix.lastIndexOf("_") + 1));
	await ctx.db.transaction(async (tx) => {
		const keeps = input.keepOldHours > 0;
		const [rotated] = await tx
			.update(apiKeys)
			.set({
				secretHash: hashKey(secret),
				lastFour: lastFourOf(secret),
				previousHash: keeps ? sql`${apiKeys.secretHash}` : null,
				previousLastFour: keeps ? sql`${apiKeys.lastFour}` : null,
				previousUntil: keeps ? sql`now() + make_interval(hours => ${input.keepOldHours})` : null,
				rotatedAt: sql`now()`,
			})
			.where(and(eq(apiKeys.id, input.keyId), eq(apiKeys.userId, userId), isLive))
			.returning({ id: apiKeys.id });
		if (!rotated) throw new AppError("CONFLICT", "This key has ended: make another one.");
		await audit(ctx, tx, {
			action: "key.rotate",
			resource: "key",
			resourceId: input.keyId,
			detail: { keepOldHours: input.keepOldHours },
		});
	});
	return { key: await readKey(ctx, input.keyId), secret };
}

const isLive = and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)));

export const revokeKey = (ctx: ServiceContext, { keyId }: OneKey): Promise<ApiKey> =>
	revoke(ctx, keyId, ownKey(ctx, keyId));

/** Anybody's key: for who holds keys:manage. */
export const revokeAnyKey = (ctx: ServiceContext, { keyId }: OneKey): Promise<ApiKey> =>
	revoke(ctx, keyId, eq(apiKeys.id, keyId));

/** What it started ends within seconds: runs, jobs and streams ask again who is behind them. Twice is once. */
async function revoke(ctx: ServiceContext, keyId: string, which: SQL | undefined): Promise<ApiKey> {
	await ctx.db.transaction(async (tx) => {
		const [found] = await tx.select({ id: apiKeys.id }).from(apiKeys).where(which);
		if (!found) throw notFound("This key");
		const [revoked] = await tx
			.update(apiKeys)
			.set({ revokedAt: sql`now()`, previousHash: null, previousLastFour: null, previousUntil: null })
			.where(and(which, isNull(apiKeys.revokedAt)))
			.returning({ id: apiKeys.id });
		if (revoked) await audit(ctx, tx, { action: "key.revoke", resource: "key", resourceId: keyId });
	});
	return readKey(ctx, keyId);
}
