import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { oauthClients } from "./oauth";
import { sessions, users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** What access tokens are signed with. All processes read them here; the private halves are sealed by a key that is not here. */
export const signingKeys = pgTable("signing_keys", {
	kid: text().primaryKey(),
	publicKey: jsonb().$type<{ kty: string; crv: string; x: string }>().notNull(),
	sealedKey: text().notNull(),
	createdAt: at().notNull().defaultNow(),
	/** From when on it signs: by then every process knows it. */
	activeFrom: at().notNull(),
	/** Until when what it signed is believed; null while nothing has taken its place. */
	believedUntil: at(),
});

/** Refresh tokens of a program's session, each used once. A session with its tokens is a family. */
export const refreshTokens = pgTable(
	"refresh_tokens",
	{
		/** SHA-256 of the token. */
		id: text().primaryKey(),
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id, { onDelete: "cascade" }),
		generation: integer().notNull(),
		createdAt: at().notNull().defaultNow(),
		usedAt: at(),
		/** The id of what took its place, and that token itself under a key that only the old token gives. */
		successorId: text(),
		sealedSuccessor: text(),
	},
	(t) => [
		uniqueIndex("refresh_tokens_generation_key").on(t.sessionId, t.generation),
		// One live token to a family, whatever the code does.
		uniqueIndex("refresh_tokens_live_key").on(t.sessionId).where(sql`${t.usedAt} is null`),
	],
);

/** What a program got by way of the person's browser, to be changed once for tokens. A used one is kept: a second use tells of a thief. */
export const oauthCodes = pgTable(
	"oauth_codes",
	{
		/** SHA-256 of the code. */
		id: text().primaryKey(),
		clientId: uuid()
			.notNull()
			.references(() => oauthClients.id, { onDelete: "cascade" }),
		/** The browser's session in which the person said yes: a code dies with it. */
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id, { onDelete: "cascade" }),
		redirectUri: text().notNull(),
		challenge: text().notNull(),
		scopes: text().array().notNull(),
		resource: text().notNull(),
		createdAt: at().notNull().defaultNow(),
		expiresAt: at().notNull(),
		usedAt: at(),
		reusedAt: at(),
		/** The program's session that it became. */
		grantedSessionId: uuid(),
	},
	(t) => [index("oauth_codes_created_idx").on(t.createdAt)],
);

/** Keys of programs. The secret is shown once; only its SHA-256 stays. */
export const apiKeys = pgTable(
	"api_keys",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		name: text().notNull(),
		/** The public part of the key, by which it is found. */
		prefix: text().notNull(),
		secretHash: text().notNull(),
		lastFour: text().notNull(),
		/** The secret before the last rotation, and until when it still works. */
		previousHash: text(),
		previousLastFour: text(),
		previousUntil: at(),
		/** Permissions, of which it has those that its owner has at the time of use. */
		scopes: text().array().notNull(),
		/** Networks that it may be used from (CIDR); null for any. */
		addresses: text().array(),
		tokensPerDay: integer(),
		callsPerMinute: integer(),
		createdAt: at().notNull().defaultNow(),
		expiresAt: at(),
		rotatedAt: at(),
		lastUsedAt: at(),
		lastUsedAddress: text(),
		revokedAt: at(),
	},
	(t) => [uniqueIndex("api_keys_prefix_key").on(t.prefix), index("api_keys_user_idx").on(t.userId, t.createdAt, t.id)],
);
