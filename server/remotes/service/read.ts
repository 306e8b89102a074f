import { and, asc, eq, isNull, type SQL, sql } from "drizzle-orm";
import { mcpServers, mcpTools } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { accessOf, mayManageServerRow, mayUseServerRow } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import type {
	ListRemotes,
	ListUsable,
	OneRemote,
	RemoteDetail,
	RemoteServer,
	RemoteTool,
	UsableTool,
} from "../contract";

// Names are written out: of a query over one table drizzle writes columns without their table's.
const countTools = (which: ReturnType<typeof sql>) =>
	sql<number>`(select count(*)::int from mcp_tools where mcp_tools.server_id = mcp_servers.id and ${which})`;

const columns = {
	id: mcpServers.id,
	name: mcpServers.name,
	prefix: mcpServers.prefix,
	address: mcpServers.address,
	hasToken: sql<boolean>`${mcpServers.sealedToken} is not null`,
	isEnabled: mcpServers.isEnabled,
	toolCount: countTools(sql`mcp_tools.gone_at is null`),
	enabledCount: countTools(sql`mcp_tools.is_enabled`),
	changedCount: countTools(sql`mcp_tools.changed_at is not null`),
	about: mcpServers.about,
	checkedAt: mcpServers.checkedAt,
	problem: mcpServers.problem,
	access: accessOf("mcpServer", mcpServers.id),
	revision: mcpServers.revision,
	createdAt: mcpServers.createdAt,
};

export const toolColumns = {
	id: mcpTools.id,
	name: mcpTools.name,
	alias: mcpTools.alias,
	description: mcpTools.description,
	inputSchema: mcpTools.inputSchema,
	hash: mcpTools.hash,
	isEnabled: mcpTools.isEnabled,
	risk: mcpTools.risk,
	changedAt: mcpTools.changedAt,
	goneAt: mcpTools.goneAt,
	createdAt: mcpTools.createdAt,
};

/** Whether the server of the row is the caller's to look after; to others it is not there. */
export const isManaged = (ctx: ServiceContext): SQL => mayManageServerRow(requireUser(ctx));

/** The connected MCP servers that the caller looks after. */
export async function listRemotes(
	ctx: ServiceContext,
	input: ListRemotes,
): Promise<{ rows: RemoteServer[]; next: string | null }> {
	const { createdAt, name, id } = mcpServers;
	const list = listQuery(input, { filter: { name }, sort: { createdAt, name }, id });
	const rows = await ctx.db.orm
		.select({ ...columns, key: list.key })
		.from(mcpServers)
		.where(and(isManaged(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getRemote(ctx: ServiceContext, { serverId }: OneRemote): Promise<RemoteDetail> {
	const [[server], tools] = await Promise.all([
		ctx.db.orm
			.select(columns)
			.from(mcpServers)
			.where(and(eq(mcpServers.id, serverId), isManaged(ctx))),
		ctx.db.orm.select(toolColumns).from(mcpTools).where(eq(mcpTools.serverId, serverId)).orderBy(asc(mcpTools.name)),
	]);
	if (!server) throw notFound("This server");
	return { ...server, tools: tools satisfies RemoteTool[] };
}

/** Its own row's, who may use it, and its tools'. */
export async function versionOfRemote(ctx: ServiceContext, { serverId }: OneRemote): Promise<Version> {
	const [of] = await ctx.db.orm
		.select({
			row: sql`mcp_servers.xmin::text`,
			access: columns.access,
			tools: sql`(select md5(string_agg(t.id || t.xmin::text, ',' order by t.id))
				from mcp_tools t where t.server_id = mcp_servers.id)`,
		})
		.from(mcpServers)
		.where(and(eq(mcpServers.id, serverId), isManaged(ctx)));
	if (!of) throw notFound("This server");
	return { of };
}

/** A tool that somebody turned on, of a server that is on and shared with the caller. */
export const isUsable = (ctx: ServiceContext) =>
	and(
		eq(mcpTools.isEnabled, true),
		eq(mcpServers.isEnabled, true),
		isNull(mcpTools.changedAt),
		isNull(mcpTools.goneAt),
		mayUseServerRow(requireUser(ctx)),
	);

/** What may be used at this moment, for who holds mcp-tools:use. */
export async function listUsable(
	ctx: ServiceContext,
	input: ListUsable,
): Promise<{ rows: UsableTool[]; next: string | null }> {
	const { createdAt, alias, id } = mcpTools;
	const list = listQuery(input, { filter: { alias }, sort: { createdAt }, id });
	const rows = await ctx.db.orm
		.select({
			id,
			alias,
			serverName: mcpServers.name,
			description: mcpTools.description,
			inputSchema: mcpTools.inputSchema,
			risk: mcpTools.risk,
			createdAt,
			key: list.key,
		})
		.from(mcpTools)
		.innerJoin(mcpServers, eq(mcpServers.id, mcpTools.serverId))
		.where(and(isUsable(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}
