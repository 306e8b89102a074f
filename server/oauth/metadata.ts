import { ownOrigin } from "@/server/core/own-origin";
import { programScopes, usualScopes } from "./contract";
import { mcpResource } from "./resource";
import { mayRegister } from "./service";

const methods = ["none", "client_secret_basic", "client_secret_post"];

/** Who guards the MCP face (RFC 9728). Programs ask for the scopes that stand here, so those that are dangerous don't. */
export const resourceMetadata = (host: string | null) => ({
	resource: mcpResource(host),
	resource_name: "Quarterdeck",
	authorization_servers: [ownOrigin(host)],
	scopes_supported: usualScopes,
	bearer_methods_supported: ["header"],
});

/** How to ask people for access (RFC 8414). */
export function serverMetadata(host: string | null) {
	const origin = ownOrigin(host);
	return {
		issuer: origin,
		authorization_endpoint: `${origin}/oauth/authorize`,
		token_endpoint: `${origin}/oauth/token`,
		revocation_endpoint: `${origin}/oauth/revoke`,
		...(mayRegister() ? { registration_endpoint: `${origin}/oauth/register` } : {}),
		scopes_supported: programScopes,
		response_types_supported: ["code"],
		response_modes_supported: ["query"],
		grant_types_supported: ["authorization_code", "refresh_token"],
		token_endpoint_auth_methods_supported: methods,
		revocation_endpoint_auth_methods_supported: methods,
		code_challenge_methods_supported: ["S256"],
		authorization_response_iss_parameter_supported: true,
	};
}
