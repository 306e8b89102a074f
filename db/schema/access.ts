import { sql } from "drizzle-orm";
import { index, integer, pgTable, primaryKey, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** Custom roles. The built-in ones stand in server/core/permissions.ts; a role's key is its name there, its id here. */
export const roles = pgTable(
	"roles",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		description: text().notNull().default(""),
		permissions: text().array().notNull(),
		/** Goes up with each change, so that nobody overwrites what they have not seen. */
		version: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("roles_name_key").on(sql`lower(${t.name})`)],
);

export const groups = pgTable(
	"groups",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		description: text().notNull().default(""),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("groups_name_key").on(sql`lower(${t.name})`)],
);

export const groupMembers = pgTable(
	"group_members",
	{
		groupId: uuid()
			.notNull()
			.references(() => groups.id, { onDelete: "cascade" }),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.userId, t.groupId] }), index("group_members_group_idx").on(t.groupId)],
);

/** Roles beside a person's first one, and roles of groups. */
export const roleAssignments = pgTable(
	"role_assignments",
	{
		/** A user's or a group's id. */
		holderId: uuid().notNull(),
		holderKind: text().$type<"user" | "group">().notNull(),
		/** A built-in role's name or a custom role's id. */
		role: text().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.holderId, t.role] }), index("role_assignments_role_idx").on(t.role)],
);

export type ResourceKind = "collection" | "document" | "agent" | "prompt" | "dataset" | "mcpServer" | "thread";
export type GrantLevel = "read" | "manage";

/** Who else may read or manage a resource of one's own. */
export const grants = pgTable(
	"grants",
	{
		resourceKind: text().$type<ResourceKind>().notNull(),
		resourceId: uuid().notNull(),
		/** A user's id, a group's id, a role's key, or the word `everyone`. */
		grantee: text().notNull(),
		level: text().$type<GrantLevel>().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		primaryKey({ columns: [t.resourceKind, t.resourceId, t.grantee] }),
		index("grants_grantee_idx").on(t.grantee, t.resourceKind),
	],
);
