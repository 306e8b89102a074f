import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AddRemote,
	CallRemote,
	ChangeRemote,
	ListRemotes,
	ListUsable,
	OneRemote,
	RemoteDetail,
	RemoteResult,
	RemoteServerPage,
	RemoteTool,
	Removed,
	SetTool,
	UsableToolPage,
} from "./contract";
import {
	addRemote,
	callRemote,
	changeRemote,
	getRemote,
	listRemotes,
	listUsable,
	refreshRemote,
	removeRemote,
	setTool,
	versionOfRemote,
} from "./service";

export const remotesRouter = router({
	list: procedure("mcp-servers:manage", {
		rest: "GET /mcp-servers",
		summary: "List the MCP servers of others that are connected.",
		risk: "read",
	})
		.input(ListRemotes)
		.output(RemoteServerPage)
		.query(({ ctx, input }) => listRemotes(ctx, input)),

	get: procedure("mcp-servers:manage", {
		rest: "GET /mcp-servers/{serverId}",
		summary: "Get an MCP server with its tools.",
		risk: "read",
	})
		.input(OneRemote)
		.output(RemoteDetail)
		.query(
			({ ctx, input }) => getRemote(ctx, input),
			({ ctx, input }) => versionOfRemote(ctx, input),
		),

	add: procedure("mcp-servers:manage", {
		rest: "POST /mcp-servers",
		summary: "Connect an MCP server, and ask it what it offers. None of that is on yet.",
		created: "/mcp-servers/{id}",
		risk: "danger",
		limit: "heavy",
		isSecret: true,
	})
		.input(AddRemote)
		.output(RemoteDetail)
		.mutation(({ ctx, input }) => addRemote(ctx, input)),

	change: procedure("mcp-servers:manage", {
		rest: "PATCH /mcp-servers/{serverId}",
		summary: "Change an MCP server. Another address needs its token anew, and turns its tools off.",
		risk: "danger",
		limit: "heavy",
		isSecret: true,
	})
		.input(ChangeRemote)
		.output(RemoteDetail)
		.mutation(({ ctx, input }) => changeRemote(ctx, input)),

	/** Taking something away must not wait for a proof. */
	remove: procedure("mcp-servers:manage", {
		rest: "DELETE /mcp-servers/{serverId}",
		summary: "Disconnect an MCP server: none of its tools can be used any more.",
		risk: "write",
	})
		.input(OneRemote)
		.output(Removed)
		.mutation(({ ctx, input }) => removeRemote(ctx, input)),

	refresh: procedure("mcp-servers:manage", {
		rest: "POST /mcp-servers/{serverId}/refresh",
		summary: "Ask an MCP server what it offers now. A tool that has changed is turned off.",
		risk: "write",
		limit: "heavy",
	})
		.input(OneRemote)
		.output(RemoteDetail)
		.mutation(({ ctx, input }) => refreshRemote(ctx, input)),

	setTool: procedure("mcp-servers:manage", {
		rest: "PATCH /mcp-tools/{toolId}",
		summary: "Turn a tool of an MCP server on or off, and say how dangerous it is.",
		risk: "danger",
	})
		.input(SetTool)
		.output(RemoteTool)
		.mutation(({ ctx, input }) => setTool(ctx, input)),

	listUsable: procedure("mcp-tools:use", {
		rest: "GET /mcp-tools",
		summary: "List the tools of connected MCP servers that can be used.",
		risk: "read",
	})
		.input(ListUsable)
		.output(UsableToolPage)
		.query(({ ctx, input }) => listUsable(ctx, input)),

	/** How dangerous it is each tool says; the service asks for an approval or a proof by that. */
	callTool: procedure("mcp-tools:use", {
		rest: "POST /mcp-calls",
		summary: "Call a tool of a connected MCP server.",
		risk: "write",
		isOutside: true,
		limit: "heavy",
	})
		.input(CallRemote)
		.output(RemoteResult)
		.mutation(({ ctx, input }) => callRemote(ctx, input)),
});
