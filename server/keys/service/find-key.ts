import { and, count, eq, sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { apiKeys, users } from "@/db/schema";
import type { ApiKeyActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { isPermission } from "@/server/core/permissions";
import { type RightsRow, rightsColumns, toUserActor } from "@/server/core/rights";
import { isInNetworks } from "../networks";
import { hashKey, isSameHash, readPrefix } from "../secret";

/** Columns of a key beside its owner, from which `toKeyActor` makes who calls. */
const actorColumns = {
	...rightsColumns,
	keyId: apiKeys.id,
	keyName: apiKeys.name,
	scopes: apiKeys.scopes,
	callsPerMinute: apiKeys.callsPerMinute,
	tokensPerDay: apiKeys.tokensPerDay,
};
const isLive = sql<boolean>`${apiKeys.revokedAt} is null and coalesce(${apiKeys.expiresAt} > now(), true)
	and ${users.disabledAt} is null`;

type KeyRow = RightsRow & {
	keyId: string;
	keyName: string;
	scopes: string[];
	callsPerMinute: number | null;
	tokensPerDay: number | null;
};

/** Rights are those of the key that its owner has too, at this moment: nothing that reads either finds more. */
function toKeyActor(row: KeyRow): ApiKeyActor {
	const owner = toUserActor(row, { sessionId: null, provedAt: null });
	const both = new Set(row.scopes.filter(isPermission).filter((scope) => owner.permissions.has(scope)));
	const { keyId, keyName: name, callsPerMinute, tokensPerDay } = row;
	return {
		kind: "apiKey",
		keyId,
		name,
		scopes: both,
		owner: { ...owner, permissions: both },
		callsPerMinute,
		tokensPerDay,
	};
}

/** How many keys of a person work. */
export async function countLiveKeys(db: Reader, userId: string): Promise<number> {
	const [row] = await db
		.select({ n: count() })
		.from(apiKeys)
		.innerJoin(users, eq(users.id, apiKeys.userId))
		.where(and(eq(apiKeys.userId, userId), isLive));
	return row?.n ?? 0;
}

/** The keys among these that work at this moment. */
export async function findKeyActors(db: Database, keyIds: readonly string[]): Promise<Map<string, ApiKeyActor>> {
	if (keyIds.length === 0) return new Map();
	const rows = await db.orm
		.select(actorColumns)
		.from(apiKeys)
		.innerJoin(users, eq(users.id, apiKeys.userId))
		.where(sql`${apiKeys.id} = any(${sql.param([...keyIds])}::uuid[]) and ${isLive}`);
	return new Map(rows.map((row) => [row.keyId, toKeyActor(row)]));
}

const notValid = () => new AppError("UNAUTHENTICATED", "This key is not valid.");

/** Who calls with this key from this address. Throws UNAUTHENTICATED; why, is told only to who has the whole secret. */
export async function identifyKey(
	call: Pick<ServiceContext, "db" | "origin" | "requestId" | "via">,
	key: string,
): Promise<ApiKeyActor> {
	const prefix = readPrefix(key);
	if (!prefix) throw notValid();
	const [row] = await call.db.orm
		.select({
			...actorColumns,
			secretHash: apiKeys.secretHash,
			// Past its time it is as if it had never been.
			previousHash: sql<string | null>`case when ${apiKeys.previousUntil} > now() then ${apiKeys.previousHash} end`,
			addresses: apiKeys.addresses,
			isLive,
			isRevoked: sql<boolean>`${apiKeys.revokedAt} is not null`,
			isStale: sql<boolean>`coalesce(${apiKeys.lastUsedAt} < now() - interval '1 minute', true)`,
		})
		.from(apiKeys)
		.innerJoin(users, eq(users.id, apiKeys.userId))
		.where(eq(apiKeys.prefix, prefix));
	const asked = hashKey(key);
	const matches = [row?.secretHash, row?.previousHash].map((known) => isSameHash(known, asked));
	if (!row || !matches.includes(true)) throw notValid();
	if (!row.isLive) throw new AppError("UNAUTHENTICATED", `This key ${row.isRevoked ? "was revoked" : "has ended"}.`);
	const actor = toKeyActor(row);
	if (row.addresses && !isInNetworks(call.origin.address, row.addresses)) {
		await audit({ ...call, actor }, call.db.orm, {
			action: "key.use",
			resource: "key",
			resourceId: row.keyId,
			outcome: "denied",
			reason: "The address is not one that the key may be used from",
		});
		throw new AppError("UNAUTHENTICATED", "This key may not be used from this address.");
	}
	if (row.isStale)
		await call.db.orm
			.update(apiKeys)
			.set({ lastUsedAt: sql`now()`, lastUsedAddress: call.origin.address })
			.where(eq(apiKeys.id, row.keyId));
	return actor;
}
