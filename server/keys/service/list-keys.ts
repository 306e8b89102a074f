import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { apiKeys, budgetEntries, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/cursor";
import { notFound } from "@/server/core/errors";
import type { Page } from "@/server/core/pagination";
import { isPermission } from "@/server/core/permissions";
import { permissionsOf, rightsColumns } from "@/server/core/rights";
import type { ApiKey, ListAllKeys, OneKey } from "../contract";
import { keyStart } from "../secret";

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
	state: sql<ApiKey["state"]>`case when ${apiKeys.revokedAt} is not null then 'revoked'
		when ${apiKeys.expiresAt} <= now() then 'expired' else 'live' end`,
	createdAt: apiKeys.createdAt,
	expiresAt: apiKeys.expiresAt,
	lastUsedAt: apiKeys.lastUsedAt,
	lastUsedAddress: apiKeys.lastUsedAddress,
	revokedAt: apiKeys.revokedAt,
	previousLastFour: apiKeys.previousLastFour,
	hasPrevious: sql<boolean>`coalesce(${apiKeys.previousUntil} > now(), false)`,
	previousUntil: apiKeys.previousUntil,
};
type Row = Awaited<ReturnType<typeof read>>[number];

const read = (ctx: ServiceContext, where: SQL | undefined, limit: number) =>
	ctx.db.orm
		.select(columns)
		.from(apiKeys)
		.innerJoin(users, eq(users.id, apiKeys.userId))
		.where(where)
		.orderBy(desc(at), desc(apiKeys.id))
		.limit(limit);

const at = sql`date_trunc('milliseconds', ${apiKeys.createdAt})`;

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

async function page(ctx: ServiceContext, input: Page, who: SQL | undefined) {
	const after = decodeCursor(input.cursor);
	const older = after && sql`(${at}, ${apiKeys.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`;
	const rows = await read(ctx, and(who, older ?? undefined), input.limit + 1);
	const { rows: some, next } = toPage(rows, input.limit, (row) => [row.createdAt.toISOString(), row.id]);
	return { rows: some.map(toKey), next };
}

/** The caller's own keys, newest first; also those that have ended, until they are swept away. */
export const listKeys = (ctx: ServiceContext, input: Page): Promise<{ rows: ApiKey[]; next: string | null }> =>
	page(ctx, input, eq(apiKeys.userId, requireUser(ctx).userId));

/** Everybody's, or one person's: for who holds keys:manage. */
export const listAllKeys = (
	ctx: ServiceContext,
	{ userId, ...input }: ListAllKeys,
): Promise<{ rows: ApiKey[]; next: string | null }> =>
	page(ctx, input, userId ? eq(apiKeys.userId, userId) : undefined);

export const ownKey = (ctx: ServiceContext, keyId: string): SQL | undefined =>
	and(eq(apiKeys.id, keyId), eq(apiKeys.userId, requireUser(ctx).userId));

export const getKey = (ctx: ServiceContext, { keyId }: OneKey): Promise<ApiKey> => readOne(ctx, ownKey(ctx, keyId));

/** For who has found out already that it may be told. */
export const readKey = (ctx: ServiceContext, keyId: string): Promise<ApiKey> => readOne(ctx, eq(apiKeys.id, keyId));

async function readOne(ctx: ServiceContext, which: SQL | undefined): Promise<ApiKey> {
	const [row] = await read(ctx, which, 1);
	if (!row) throw notFound("This key");
	return toKey(row);
}
