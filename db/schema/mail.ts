import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type MailKind = "invitation" | "password-reset" | "email-change" | "notice";
/**
 * `kept` without an SMTP server, for the console alone; `handed` while the server has it and has not yet said that it took it;
 * `uncertain` where it never said so: to send it again could send it twice, which a person decides.
 */
export type MailState = "kept" | "waiting" | "handed" | "sent" | "uncertain" | "failed";

/** Every mail there is, written in the transaction of what causes it. */
export const mails = pgTable(
	"mails",
	{
		id: uuid().primaryKey().defaultRandom(),
		kind: text().$type<MailKind>().notNull(),
		recipient: text().notNull(),
		/** Whose account it is about; null for people who have none yet. */
		userId: uuid().references(() => users.id, { onDelete: "cascade" }),
		subject: text().notNull(),
		/** A mark stands where the link belongs. */
		body: text().notNull(),
		/** The one-time link, sealed; taken away once it is used or has expired. */
		link: text(),
		/** The invitation or request that the link belongs to. */
		linkId: uuid(),
		linkUntil: at(),
		/** Keys of the roles that whoever follows the link gets. */
		linkRoles: text().array().notNull().default([]),
		state: text().$type<MailState>().notNull(),
		attempts: integer().notNull().default(0),
		lastError: text(),
		createdAt: at().notNull().defaultNow(),
		handedAt: at(),
		sentAt: at(),
	},
	(t) => [
		index("mails_created_idx").on(t.createdAt, t.id),
		index("mails_state_idx").on(t.state, t.createdAt, t.id),
		index("mails_recipient_idx").on(sql`lower(${t.recipient})`, t.createdAt),
		index("mails_user_idx").on(t.userId),
		index("mails_link_idx").on(t.linkId).where(sql`${t.link} is not null`),
		index("mails_link_until_idx").on(t.linkUntil).where(sql`${t.link} is not null`),
	],
);
