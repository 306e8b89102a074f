import type { OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { OAuthClientInformationMixed, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import type { AuthorizationRequest } from "@/server/oauth/contract";

export const callback = "http://127.0.0.1:7777/callback";

/** The SDK's own way, with a person instead of a browser window. */
export class Provider implements OAuthClientProvider {
	redirectUrl = callback;
	clientMetadata = { client_name: "Test", redirect_uris: [callback], token_endpoint_auth_method: "none" };
	asked: URL | null = null;
	kept: OAuthTokens | undefined;
	#verifier = "";
	constructor(private information?: OAuthClientInformationMixed) {}
	clientInformation = () => this.information;
	saveClientInformation = (information: OAuthClientInformationMixed) => {
		this.information = information;
	};
	state = () => "a state of the SDK";
	tokens = () => this.kept;
	saveTokens = (tokens: OAuthTokens) => {
		this.kept = tokens;
	};
	redirectToAuthorization = (url: URL) => {
		this.asked = url;
	};
	saveCodeVerifier = (text: string) => {
		this.#verifier = text;
	};
	codeVerifier = () => this.#verifier;
}
export const requestOf = (url: URL | null) => Object.fromEntries(url?.searchParams ?? []) as AuthorizationRequest;

export async function connectProgram(origin: string, provider: Provider) {
	const transport = new StreamableHTTPClientTransport(new URL(`${origin}/api/mcp`), { authProvider: provider });
	const client = new Client({ name: "test", version: "1" });
	// The SDK's own classes disagree about an optional property.
	const connected = client.connect(transport as Parameters<Client["connect"]>[0]);
	return { client, transport, connected };
}
