import { and, eq, type SQL, sql } from "drizzle-orm";
import { apiKeys, budgetEntries, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { isPermission } from "@/server/core/permissions";
import { permissionsOf, rightsColumns } from "@/server/core/rights";
import type { ApiKey, ListAllKeys, ListKeys, OneKey } from "../contract";
import { keyStart } from "../secret";

const state = sql<ApiKey["state"]>`case when ${apiKeys.revokedAt} is not null then 'revoked'
	when ${apiKeys.expiresAt} <= now() then 'expired' else 'live' end`;

const columns = {
	...rightsColumns,
	id: apiKeys.id,
	keyName: apiKeys.name,
	prefix: apiKeys.prefix,
	lastFour: apiKeys.lastFour,
	scopes: apiKeys.scopes,
	addresses: apiKeys.addresses,
	tokensPerDay: apiKeys.tokensPerDay,
	tokensToday: sql<number>`(select coalesce(sum(coalesce(${budgetEntries.settled}, ${budgetEntries.reserved})), 0)::int
		from ${budgetEntries} where ${budgetEntries.keyId} = ${apiKeys.id} and ${budgetEntries.createdAt} >= date_trunc('day', now(), 'UTC'))`,
	callsPerMinute: apiKeys.callsPerMinute,
	state,
	createdAt: apiKeys.createdAt,
	expiresAt: apiKeys.expiresAt,
	lastUsedAt: apiKeys.lastUsedAt,
	lastUsedAddress: apiKeys.lastUsedAddress,
	revokedAt: apiKeys.revokedAt,
	previousLastFour: apiKeys.previousLastFour,
	hasPrevious: sql<boolean>`coalesce(${apiKeys.previousUntil} > now(), false)`,
	previousUntil: apiKeys.previousUntil,
};
type Row = Omit<Awaited<ReturnType<typeof read>>[number], "key">;

const read = (ctx: ServiceContext, where: SQL | undefined, key = sql<string>`''`) =>
	ctx.db.orm
		.select({ ...columns, key })
		.from(apiKeys)
		.innerJoin(users, eq(users.id, apiKeys.userId))
		.where(where)
		.$dynamic();

function toKey(row: Row): ApiKey {
	const {
		userId,
		name,
		role: _role,
		groupIds: _groups,
		roleKeys,
		custom,
		previousLastFour,
		previousUntil,
		hasPrevious,
		...key
	} = row;
	const held = permissionsOf(roleKeys, custom);
	const scopes = row.scopes.filter(isPermission);
	return {
		...key,
		name: row.keyName,
		owner: { id: userId, name },
		prefix: keyStart + row.prefix,
		scopes,
		dormant: scopes.filter((scope) => !held.has(scope)),
		previous:
			hasPrevious && previousLastFour && previousUntil ? { lastFour: previousLastFour, until: previousUntil } : null,
	};
}

async function page(ctx: ServiceContext, input: ListAllKeys, who: SQL | undefined) {
	const { name, createdAt, userId: ownerId } = apiKeys;
	const list = listQuery(input, { filter: { state, name, createdAt, ownerId }, sort: { createdAt }, id: apiKeys.id });
	const rows = await read(ctx, and(who, list.where), list.key)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const { rows: some, next } = list.page(rows);
	return { rows: some.map(toKey), next };
}

/** The caller's own keys, newest first; also those that have ended, until they are swept away. */
export const listKeys = (ctx: ServiceContext, input: ListKeys): Promise<{ rows: ApiKey[]; next: string | null }> =>
	page(ctx, input, eq(apiKeys.userId, requireUser(ctx).userId));

/** Everybody's: for who holds keys:manage. */
export const listAllKeys = (
	ctx: ServiceContext,
	input: ListAllKeys,
): Promise<{ rows: ApiKey[]; next: string | null }> => page(ctx, input, undefined);

export const ownKey = (ctx: ServiceContext, keyId: string): SQL | undefined =>
	and(eq(apiKeys.id, keyId), eq(apiKeys.userId, requireUser(ctx).userId));

export const getKey = (ctx: ServiceContext, { keyId }: OneKey): Promise<ApiKey> => readOne(ctx, ownKey(ctx, keyId));

/** For who has found out already that it may be told. */
export const readKey = (ctx: ServiceContext, keyId: string): Promise<ApiKey> => readOne(ctx, eq(apiKeys.id, keyId));

async function readOne(ctx: ServiceContext, which: SQL | undefined): Promise<ApiKey> {
	const [row] = await read(ctx, which).limit(1);
	if (!row) throw notFound("This key");
	return toKey(row);
}
