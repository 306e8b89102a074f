import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { oauthClients } from "./oauth";

const at = () => timestamp({ withTimezone: true });

export const users = pgTable(
	"users",
	{
		id: uuid().primaryKey().defaultRandom(),
		email: text().notNull(),
		name: text().notNull(),
		/** Their first role: a built-in one's name, or a custom one's id. */
		role: text().notNull(),
		/** Null where they sign in another way. */
		passwordHash: text(),
		disabledAt: at(),
		/** Goes up where every access token of theirs must end at once. */
		tokenVersion: integer().notNull().default(1),
		/** From then on nothing here or in the audit names them. */
		erasedAt: at(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("users_email_key").on(sql`lower(${t.email})`),
		index("users_created_idx").on(t.createdAt, t.id),
		index("users_name_idx").on(t.name, t.id),
		index("users_role_idx").on(t.role, t.createdAt, t.id),
	],
);

/** `provider with factor`: the provider says in its token that it asked for a second factor. */
export type SessionProof =
	| "password"
	| "password and factor"
	| "passkey"
	| "provider"
	| "provider and factor"
	| "provider with factor";

export const sessions = pgTable(
	"sessions",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		createdAt: at().notNull().defaultNow(),
		lastSeenAt: at().notNull().defaultNow(),
		/** A browser's, or a program's that signed in for tokens. */
		kind: text().$type<"console" | "program">().notNull().default("console"),
		/** When the person last proved who they are. */
		provedAt: at().notNull().defaultNow(),
		/** What opened it. */
		provedWith: text().$type<SessionProof>().notNull().default("password"),
		expiresAt: at().notNull(),
		revokedAt: at(),
		/** `signed out` by the session itself; anything else was done to it, and ends what it started too. */
		revokedBecause: text(),
		address: text(),
		userAgent: text(),
		/** The program that the person let in; null for a session with a password, whose tokens may do all that the person may. */
		clientId: uuid().references(() => oauthClients.id),
		/** What that program was let do, of what the person may at the time of use. */
		scopes: text().array(),
		/** The address that its tokens are good for. */
		resource: text(),
	},
	(t) => [
		index("sessions_user_idx").on(t.userId, t.createdAt),
		index("sessions_client_idx").on(t.clientId).where(sql`${t.clientId} is not null`),
	],
);

/** At most one row: the one-time code for making the owner's account, as its SHA-256. */
export const setup = pgTable("setup", {
	id: integer().primaryKey().default(1),
	codeHash: text().notNull(),
	createdAt: at().notNull().defaultNow(),
	usedAt: at(),
});
