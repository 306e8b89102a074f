import type { ResourceKind } from "@/server/access/contract";

export const kindWords = {
	...{ collection: "collection", agent: "agent", prompt: "prompt" },
	mcpServer: "MCP server",
} as const satisfies Record<ResourceKind, string>;
