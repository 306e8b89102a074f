import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";

export const toolRisks = ["read", "write", "danger"] as const;
export const ToolRisk = z.enum(toolRisks);
export type ToolRisk = z.infer<typeof ToolRisk>;

/** What stands between a server's prefix and a tool's name: none of our own tools has it. */
export const separator = "__";
export const mostArgumentBytes = 64 * 1024;
export const mostResultChars = 100_000;

const RemoteName = z.string().trim().min(1, "Give it a name.").max(80);
const Prefix = z
	.string()
	.regex(/^[a-z][a-z0-9]{0,19}$/, "Up to 20 small letters and digits, beginning with a letter.")
	.describe("What its tools' names begin with here.");
const Address = z
	.string()
	.trim()
	.min(1, "Give its address.")
	.max(2000)
	.describe("Where it speaks MCP over streamable HTTP.");
const Token = z
	.string()
	.regex(/^[\x21-\x7e]{1,4000}$/, "A token has no spaces and no letters beyond ASCII.")
	.describe("What it asks us for, sent as Authorization: Bearer. It is kept sealed and told to nobody.");

const Access = z.enum(accesses).describe("Whether everyone who may use such tools may use this server's.");

export const RemoteServer = z.object({
	id: z.uuid(),
	name: z.string(),
	prefix: Prefix,
	address: z.string().describe("Where it speaks MCP over streamable HTTP."),
	hasToken: z.boolean().describe("Whether a token is kept for it."),
	isEnabled: z.boolean().describe("Whether its tools can be used at all."),
	toolCount: z.int().describe("How many tools it lists."),
	enabledCount: z.int().describe("How many of them are turned on."),
	changedCount: z.int().describe("How many of them have changed since somebody looked at them."),
	about: z
		.object({
			name: z.string().describe("What it calls itself."),
			version: z.string().describe("Its version, as it says."),
		})
		.nullable()
		.describe("What it said of itself when it was last asked."),
	checkedAt: z.date().nullable().describe("When it was last asked for its tools."),
	problem: z.string().nullable().describe("Why that failed; null where it did not."),
	access: Access,
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
});
export type RemoteServer = z.infer<typeof RemoteServer>;
export const RemoteServerPage = pageOf(RemoteServer);

export const RemoteTool = z.object({
	id: z.uuid(),
	name: z.string().describe("What its server calls it."),
	alias: z.string().describe("What it is called here."),
	description: z.string().describe("What its server says of it: a stranger's words, not ours."),
	inputSchema: z.record(z.string(), z.unknown()).describe("What it takes, as a JSON Schema of its server's."),
	hash: z.string().describe("What its definition comes to; another one is another tool."),
	isEnabled: z.boolean().describe("Whether it can be used."),
	risk: ToolRisk.describe(
		"How it is handled: what is dangerous waits for a person's approval where a model asks for it.",
	),
	changedAt: z.date().nullable().describe("Since when its definition has been another than somebody looked at."),
	goneAt: z.date().nullable().describe("Since when its server has not listed it."),
	createdAt: z.date(),
});
export type RemoteTool = z.infer<typeof RemoteTool>;

export const RemoteDetail = RemoteServer.extend({ tools: z.array(RemoteTool).describe("Its tools, by name.") });
export type RemoteDetail = z.infer<typeof RemoteDetail>;

export const ListRemotes = listOf(RemoteServer, { filter: { name: asks.text(80) }, sort: ["createdAt", "name"] });
export type ListRemotes = z.infer<typeof ListRemotes>;

export const AddRemote = z.strictObject({
	name: RemoteName,
	prefix: Prefix,
	address: Address,
	token: Token.optional(),
	access: Access.default("private"),
});
export type AddRemote = z.infer<typeof AddRemote>;

export const OneRemote = z.strictObject({ serverId: z.uuid().describe("The MCP server's id.") });
export type OneRemote = z.infer<typeof OneRemote>;

export const ChangeRemote = OneRemote.extend({
	name: RemoteName.optional(),
	address: Address.optional(),
	token: Token.nullable().optional().describe("Another token; null takes it away. A new address needs its token anew."),
	isEnabled: z.boolean().optional().describe("Whether its tools can be used at all."),
	basedOn: z.int().optional(),
});
export type ChangeRemote = z.infer<typeof ChangeRemote>;
export const Removed = z.object({ deleted: z.literal(true) });

export const SetTool = z.strictObject({
	toolId: z.uuid().describe("The tool's id."),
	isEnabled: z.boolean().describe("Whether it can be used."),
	risk: ToolRisk.describe("How it is handled."),
	hash: z
		.string()
		.max(64)
		.describe("The definition that was looked at: where it is another one by now, nothing is changed."),
});
export type SetTool = z.infer<typeof SetTool>;

/** What may be used, without whom it belongs to. */
export const UsableTool = z.object({
	id: z.uuid(),
	alias: z.string().describe("What it is called here."),
	serverName: z.string().describe("Whose tool it is."),
	description: z.string().describe("What its server says of it: a stranger's words, not ours."),
	inputSchema: z.record(z.string(), z.unknown()).describe("What it takes, as a JSON Schema of its server's."),
	risk: ToolRisk.describe("How it is handled."),
	createdAt: z.date(),
});
export type UsableTool = z.infer<typeof UsableTool>;
export const UsableToolPage = pageOf(UsableTool);
export const ListUsable = listOf(UsableTool, { filter: { alias: asks.text(120) }, sort: ["createdAt"] });
export type ListUsable = z.infer<typeof ListUsable>;

export const CallRemote = z.strictObject({
	tool: z.string().min(1).max(120).describe("What the tool is called here."),
	arguments: z.record(z.string().max(200), z.unknown()).default({}).describe("What it takes: at most 64 KB of JSON."),
});
export type CallRemote = z.infer<typeof CallRemote>;
export const RemoteResult = z.object({
	text: z.string().describe("What the tool answered: a stranger's words, at most 100,000 characters."),
	isError: z.boolean().describe("Whether the tool says that it failed."),
	isCut: z.boolean().describe("Whether the answer was longer, or held more than text."),
});
export type RemoteResult = z.infer<typeof RemoteResult>;
