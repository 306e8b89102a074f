import type { mcpServers } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { unseal } from "@/server/core/vault";
import type { Target } from "./connection";

export type ServerRow = typeof mcpServers.$inferSelect;

/** Where a server's token is sealed for. */
export const tokenPlace = (serverId: string, version: number) => ({
	table: "mcp_servers",
	row: serverId,
	column: "sealed_token",
	version,
});

/** Where a server is asked, and with what. */
export const targetOf = (ctx: ServiceContext, server: ServerRow): Target => ({
	address: server.address,
	token: server.sealedToken && unseal(server.sealedToken, tokenPlace(server.id, server.tokenVersion)),
	signal: ctx.signal,
});
