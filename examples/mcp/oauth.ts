/**
 * Asks a person for access to Quarterdeck's MCP face, in their own browser, and then searches with the rights that they gave.
 *
 *   npx node examples/mcp/oauth.ts http://localhost:3000 <client id> "How many days of leave are there?"
 *
 * The client id comes from System, Programs: register one with the redirect address http://127.0.0.1/callback.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type OAuthClientProvider, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";

const [origin = "http://localhost:3000", clientId = "", question = "What is in here?"] = process.argv.slice(2);

// The person's browser brings the code here; the port is whichever is free.
const answered = Promise.withResolvers<URL>();
const listener = createServer((request, response) => {
	const url = new URL(request.url ?? "/", "http://127.0.0.1");
	if (url.pathname !== "/callback") return void response.writeHead(404).end();
	response.end("You can close this window.");
	answered.resolve(url);
});
await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
const redirectUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback`;

const state = randomUUID();
let kept: OAuthTokens | undefined;
let verifier = "";
// A program that people use again keeps the tokens where nobody else can read them.
const provider: OAuthClientProvider = {
	redirectUrl,
	clientMetadata: { redirect_uris: [redirectUrl] },
	state: () => state,
	clientInformation: () => ({ client_id: clientId }),
	tokens: () => kept,
	saveTokens: (tokens) => {
		kept = tokens;
	},
	redirectToAuthorization: (url) => console.log(`Open this in your browser:\n\n  ${url}\n`),
	saveCodeVerifier: (text) => {
		verifier = text;
	},
	codeVerifier: () => verifier,
};

async function connect(): Promise<Client> {
	const transport = new StreamableHTTPClientTransport(new URL("/api/mcp", origin), { authProvider: provider });
	const client = new Client({ name: "example", version: "1" });
	try {
		await client.connect(transport as Parameters<Client["connect"]>[0]);
		return client;
	} catch (error) {
		if (!(error instanceof UnauthorizedError)) throw error;
	}
	const answer = (await answered.promise).searchParams;
	if (answer.get("state") !== state || answer.get("iss") !== origin)
		throw new Error("This answer is to somebody else's question");
	const code = answer.get("code");
	if (!code) throw new Error(answer.get("error_description") ?? "The person said no");
	await transport.finishAuth(code);
	return connect();
}

const client = await connect();
listener.close();
const { tools } = await client.listTools();
console.log(`May use: ${tools.map(({ name }) => name).join(", ")}\n`);
const found = await client.callTool({ name: "knowledge_search", arguments: { query: question } });
console.log(JSON.stringify(found.content, null, 2));
await client.close();
