import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { permissions } from "@/server/core/permissions";

export const Scope = z.enum(permissions);

export const keyStates = ["live", "expired", "revoked"] as const;

export const ApiKey = z.object({
	id: z.uuid(),
	name: z.string(),
	owner: z.object({ id: z.uuid(), name: z.string() }),
	/** What may be shown of it: its beginning, and the last four letters. */
	prefix: z.string(),
	lastFour: z.string(),
	scopes: z.array(Scope),
	/** Those of them that its owner does not hold at this moment: they do nothing. */
	dormant: z.array(Scope),
	addresses: z.array(z.string()).nullable(),
	tokensPerDay: z.int().nullable(),
	tokensToday: z.int(),
	callsPerMinute: z.int().nullable(),
	state: z.enum(keyStates),
	createdAt: z.date(),
	expiresAt: z.date().nullable(),
	lastUsedAt: z.date().nullable(),
	lastUsedAddress: z.string().nullable(),
	revokedAt: z.date().nullable(),
	/** The secret before the last rotation, while it still works. */
	previous: z.object({ lastFour: z.string(), until: z.date() }).nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;
export const ApiKeyPage = pageOf(ApiKey);

const filter = { state: asks.oneOf(keyStates), name: asks.name(80), createdAt: asks.time() };
export const ListKeys = listOf(ApiKey, { filter, sort: ["createdAt"] });
export type ListKeys = z.infer<typeof ListKeys>;
export const ListAllKeys = listOf(ApiKey, { filter: { ...filter, ownerId: asks.id() }, sort: ["createdAt"] });
export type ListAllKeys = z.infer<typeof ListAllKeys>;

const KeyName = z.string().trim().min(1, "Say what uses the key.").max(80);
/** An address or a network, such as 203.0.113.7 or 2001:db8::/32; the service says which of them is none. */
const Network = z.string().trim().min(1).max(50);

export const CreateKey = z.strictObject({
	name: KeyName,
	scopes: z
		.array(Scope)
		.min(1, "Choose what the key may do.")
		.max(permissions.length)
		.transform((all) => [...new Set(all)]),
	/** Null: until it is revoked. */
	expiresInDays: z.int().min(1).max(3660).nullable(),
	addresses: z.array(Network).max(50).default([]),
	tokensPerDay: z.int().min(1).max(1_000_000_000).nullable().default(null),
	callsPerMinute: z.int().min(1).max(6_000).nullable().default(null),
});
export type CreateKey = z.infer<typeof CreateKey>;

/** The one time that the whole key is told. */
export const NewKey = z.object({ key: ApiKey, secret: z.string() });
export type NewKey = z.infer<typeof NewKey>;

export const OneKey = z.strictObject({ keyId: z.uuid() });
export type OneKey = z.infer<typeof OneKey>;

export const RotateKey = OneKey.extend({
	/** How long the old secret works beside the new one. */
	keepOldHours: z.int().min(0).max(168).default(24),
});
export type RotateKey = z.infer<typeof RotateKey>;
