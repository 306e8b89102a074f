import { sql } from "drizzle-orm";
import { index, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

const at = () => timestamp({ withTimezone: true });

/** Programs that may ask people for access. They stay when they are revoked: what they were let do is in the audit. */
export const oauthClients = pgTable(
	"oauth_clients",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		redirectUris: text().array().notNull(),
		/** SHA-256 of its secret; null for a program that can keep none. */
		secretHash: text(),
		/** The person who registered it; null where it registered itself. */
		createdBy: uuid(),
		createdAt: at().notNull().defaultNow(),
		lastUsedAt: at(),
		revokedAt: at(),
	},
	(t) => [
		index("oauth_clients_created_idx").on(t.createdAt, t.id),
		index("oauth_clients_unused_idx").on(t.createdAt).where(sql`${t.createdBy} is null and ${t.lastUsedAt} is null`),
	],
);
