import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import type { Role } from "@/server/core/permissions";

const at = () => timestamp({ withTimezone: true });

export const users = pgTable(
	"users",
	{
		id: uuid().primaryKey().defaultRandom(),
		email: text().notNull(),
		name: text().notNull(),
		role: text().$type<Role>().notNull(),
		passwordHash: text().notNull(),
		disabledAt: at(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("users_email_key").on(sql`lower(${t.email})`)],
);

export const sessions = pgTable(
	"sessions",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		createdAt: at().notNull().defaultNow(),
		lastSeenAt: at().notNull().defaultNow(),
		expiresAt: at().notNull(),
		revokedAt: at(),
		address: text(),
		userAgent: text(),
	},
	(t) => [index("sessions_user_idx").on(t.userId, t.createdAt)],
);

/** At most one row: the one-time code for making the owner's account, as its SHA-256. */
export const setup = pgTable("setup", {
	id: integer().primaryKey().default(1),
	codeHash: text().notNull(),
	createdAt: at().notNull().defaultNow(),
	usedAt: at(),
});
