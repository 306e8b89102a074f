import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** People who may make themselves an account, by a link that works once. */
export const invitations = pgTable(
	"invitations",
	{
		id: uuid().primaryKey().defaultRandom(),
		email: text().notNull(),
		/** Keys of the roles that they get; the first is their first role. */
		roles: text().array().notNull(),
		groupIds: uuid().array().notNull().default([]),
		/** SHA-256 of what stands in the link; null where there is an account already, and so no link. */
		tokenHash: text(),
		/** Whose rights it can't pass. */
		invitedBy: uuid().references(() => users.id, { onDelete: "set null" }),
		createdAt: at().notNull().defaultNow(),
		sentAt: at().notNull().defaultNow(),
		timesSent: integer().notNull().default(1),
		expiresAt: at().notNull(),
		acceptedAt: at(),
		userId: uuid().references(() => users.id, { onDelete: "set null" }),
		revokedAt: at(),
	},
	(t) => [
		uniqueIndex("invitations_token_key").on(t.tokenHash),
		// One open invitation for an address; a new one takes its place.
		uniqueIndex("invitations_open_key")
			.on(sql`lower(${t.email})`)
			.where(sql`${t.acceptedAt} is null and ${t.revokedAt} is null`),
		index("invitations_created_idx").on(t.createdAt, t.id),
	],
);

export type AccountLinkKind = "password-reset" | "email-change";

/** Links by which people with an account set a new password or confirm a new address: each works once. */
export const accountLinks = pgTable(
	"account_links",
	{
		id: uuid().primaryKey().defaultRandom(),
		kind: text().$type<AccountLinkKind>().notNull(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		tokenHash: text().notNull(),
		/** The address to be confirmed. */
		email: text(),
		createdAt: at().notNull().defaultNow(),
		expiresAt: at().notNull(),
		usedAt: at(),
		usedFrom: text(),
		/** It was replaced by a newer one, or the account changed meanwhile. */
		revokedAt: at(),
	},
	(t) => [
		uniqueIndex("account_links_token_key").on(t.tokenHash),
		index("account_links_user_idx").on(t.userId, t.kind, t.createdAt),
	],
);

/** Somebody asked for a new password for an address. Whether there is such an account is looked up later, by a job. */
export const resetRequests = pgTable(
	"reset_requests",
	{
		id: uuid().primaryKey().defaultRandom(),
		email: text().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [index("reset_requests_created_idx").on(t.createdAt)],
);
