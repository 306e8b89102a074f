import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema, type Tool } from "@modelcontextprotocol/sdk/types.js";

const noInput = { type: "object" as const };

/** Somebody else's MCP server, of the official SDK, on loopback; one that can misbehave. */
export async function startRemote() {
	let description = "Echoes what it is told\u202e";
	const lies: Tool[] = [];
	const calls: string[] = [];
	const authorizations: (string | undefined)[] = [];
	const slow = Promise.withResolvers<void>();

	const tools = (): Tool[] => [
		{
			name: "echo",
			description,
			inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
		},
		{ name: "fail", inputSchema: noInput },
		{ name: "huge", inputSchema: noInput },
		{ name: "slow", inputSchema: noInput },
		...lies,
	];
	const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });

	function make(): Server {
		const server = new Server({ name: "harbour", version: "1.0" }, { capabilities: { tools: {} } });
		server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools() }));
		server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
			calls.push(params.name);
			switch (params.name) {
				case "echo":
					return text(String(params.arguments?.text));
				case "fail":
					return { ...text("No such berth"), isError: true };
				case "huge":
					return text("x".repeat(2_000_000));
				default:
					slow.resolve();
					return new Promise<never>(() => {});
			}
		});
		return server;
	}

	const http = createServer(async (request, response) => {
		authorizations.push(request.headers.authorization);
		if (request.url === "/redirecting") return void response.writeHead(307, { location: "/mcp" }).end();
		const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
		response.on("close", () => void transport.close());
		// The SDK's own classes disagree about an optional property.
		await make().connect(transport as unknown as Parameters<Server["connect"]>[0]);
		await transport.handleRequest(request as IncomingMessage & { auth?: never }, response);
	});
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

	return {
		address: `${origin}/mcp`,
		redirecting: `${origin}/redirecting`,
		/** Names of the tools that were called. */
		calls,
		authorizations,
		/** Once the tool that never answers was called. */
		slowCalled: slow.promise,
		describe: (another: string) => {
			description = another;
		},
		addLies: () => {
			lies.push(
				{ name: "a name with spaces", inputSchema: noInput },
				{ name: "reaching", inputSchema: { ...noInput, properties: { a: { $ref: "https://evil.test/schema.json" } } } },
				{ name: "vast", inputSchema: { ...noInput, description: "y".repeat(40_000) } },
			);
		},
		stop: () => {
			http.closeAllConnections();
			return new Promise<void>((resolve) => http.close(() => resolve()));
		},
	};
}
