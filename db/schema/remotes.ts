import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** MCP servers of others, whose tools people and programs may use through us. */
export const mcpServers = pgTable(
	"mcp_servers",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		/** Who connected it: theirs to share. */
		ownerId: uuid().references(() => users.id),
		/** What its tools' names begin with here. */
		prefix: text().notNull(),
		address: text().notNull(),
		/** What it asks us for, sealed for this row and `tokenVersion`. */
		sealedToken: text(),
		/** Goes up with each token and each address: an older one can't be put back. */
		tokenVersion: integer().notNull().default(1),
		isEnabled: boolean().notNull().default(true),
		/** Goes up with each change, so that nobody overwrites what they have not seen. */
		revision: integer().notNull().default(1),
		/** What it said of itself when it was last asked. */
		about: jsonb().$type<{ name: string; version: string }>(),
		checkedAt: at(),
		/** Why it could not be asked; null where it could. */
		problem: text(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("mcp_servers_prefix_key").on(t.prefix),
		index("mcp_servers_created_idx").on(t.createdAt, t.id),
		index("mcp_servers_name_idx").on(t.name, t.id),
	],
);

export type ToolRisk = "read" | "write" | "danger";

/** Their tools as they were last listed. All of it but the last three is what a stranger says. */
export const mcpTools = pgTable(
	"mcp_tools",
	{
		id: uuid().primaryKey().defaultRandom(),
		serverId: uuid()
			.notNull()
			.references(() => mcpServers.id, { onDelete: "cascade" }),
		name: text().notNull(),
		/** What it is called here: the prefix, and its name in letters that every client takes. */
		alias: text().notNull(),
		description: text().notNull(),
		inputSchema: jsonb().$type<Record<string, unknown>>().notNull(),
		/** SHA-256 of name, description and schema. */
		hash: text().notNull(),
		createdAt: at().notNull().defaultNow(),
		/** Since when its definition has been another than the one that somebody looked at. */
		changedAt: at(),
		/** Since when the server has not listed it. */
		goneAt: at(),
		isEnabled: boolean().notNull().default(false),
		risk: text().$type<ToolRisk>().notNull().default("danger"),
	},
	(t) => [
		uniqueIndex("mcp_tools_alias_key").on(t.alias),
		index("mcp_tools_server_idx").on(t.serverId, t.name),
		index("mcp_tools_created_idx").on(t.createdAt, t.id).where(sql`${t.isEnabled}`),
	],
);
