import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { useDatabase } from "@/server/core/database";
import { testDatabase } from "@/tests/support";
import { browser } from "@/tests/support/browser";

const { issuer, clientSecret } = await vi.hoisted(async () => {
	const { freeAddress } = await import("@/tests/support/oidc");
	const known = {
		issuer: await freeAddress(),
		origin: "http://localhost:3000",
		clientSecret: "the secret of this client",
	};
	Object.assign(process.env, {
		QD_URL: known.origin,
		NEXTAUTH_URL: known.origin,
		QD_OIDC_ISSUER: known.issuer,
		QD_OIDC_CLIENT_ID: "quarterdeck",
		QD_OIDC_CLIENT_SECRET: known.clientSecret,
		QD_OIDC_ROLE: "staff",
	});
	return known;
});

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
type Forge = (claims: JWTPayload, keys: Keys) => Promise<string>;

let server: Server;
let keys: Keys;
/** What stands in the provider's place says of somebody, by the token endpoint. */
let forge: Forge;
let nonce = "";
let announced: string = issuer;

const claims = (): JWTPayload => {
	const now = Math.floor(Date.now() / 1000);
	const who = { sub: "cora", email: "cora@corp.test", email_verified: true };
	return { iss: issuer, aud: "quarterdeck", iat: now, exp: now + 300, nonce, ...who };
};
const honest: Forge = (token, { privateKey }) =>
	new SignJWT(token).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(privateKey);

beforeAll(async () => {
	useDatabase(await testDatabase());
	keys = await generateKeyPair("RS256", { extractable: true });
	const jwk = { ...(await exportJWK(keys.publicKey)), kid: "one", alg: "RS256", use: "sig" };
	const answers: Record<string, () => unknown> = {
		"/.well-known/openid-configuration": () => ({
			issuer: announced,
			authorization_endpoint: `${issuer}/auth`,
			token_endpoint: `${issuer}/token`,
			jwks_uri: `${issuer}/jwks`,
			id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
		}),
		"/jwks": () => ({ keys: [jwk] }),
		"/token": async () => ({ access_token: "x", token_type: "Bearer", id_token: await forge(claims(), keys) }),
	};
	server = createServer(async (request, response) => {
		const answer = await answers[request.url ?? ""]?.();
		response.setHeader("content-type", "application/json");
		response.end(JSON.stringify(answer ?? {}));
	}).listen(Number(new URL(issuer).port), "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
});
beforeEach(() => {
	forge = honest;
	announced = issuer;
});

/** Whether a browser that comes back with a code is signed in. */
async function comesIn(): Promise<boolean> {
	const one = browser();
	const { searchParams } = new URL(await one.toProvider());
	nonce = searchParams.get("nonce") ?? "";
	await one.get(`/api/auth/callback/oidc?code=any&state=${searchParams.get("state")}`);
	return (await one.ask("auth.me")).status === 200;
}

test("an honest token signs in", async () => {
	expect(await comesIn()).toBe(true);
});

const changed =
	(change: JWTPayload): Forge =>
	(token, pair) =>
		honest({ ...token, ...change }, pair);
const forgeries: [string, Forge][] = [
	["of another issuer", changed({ iss: "https://evil.test" })],
	["of an issuer that only looks alike", changed({ iss: `${issuer}/` })],
	["for another client", changed({ aud: "somebody-else" })],
	["for several clients, of another party", changed({ aud: ["quarterdeck", "other"], azp: "other" })],
	["with another nonce", changed({ nonce: "x".repeat(43) })],
	["without a nonce", changed({ nonce: undefined })],
	["that has ended", changed({ exp: Math.floor(Date.now() / 1000) - 60 })],
	["that is not valid yet", changed({ nbf: Math.floor(Date.now() / 1000) + 3600 })],
	["without an end", changed({ exp: undefined })],
	["without a subject", changed({ sub: undefined })],
	["that is not signed", async (token) => new UnsecuredJWT(token).encode()],
	[
		"signed with the client's secret",
		(token) => new SignJWT(token).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(clientSecret)),
	],
	[
		"signed by another key of that name",
		async (token) => honest(token, await generateKeyPair("RS256", { extractable: true })),
	],
	[
		"that brings its own key",
		async (token) => {
			const own = await generateKeyPair("RS256", { extractable: true });
			const head = { alg: "RS256", jwk: await exportJWK(own.publicKey) };
			return new SignJWT(token).setProtectedHeader(head).sign(own.privateKey);
		},
	],
	[
		"whose content was changed",
		async (token, pair) => {
			const [head, , signature] = (await honest(token, pair)).split(".");
			return [head, Buffer.from(JSON.stringify({ ...token, sub: "owner" })).toString("base64url"), signature].join(".");
		},
	],
];
test.each(forgeries)("a token %s signs nobody in", async (_, lie) => {
	forge = lie;
	expect(await comesIn()).toBe(false);
});

test("a provider that calls itself by another name than the configured one signs nobody in", async () => {
	announced = "https://evil.test";
	forge = changed({ iss: "https://evil.test" });
	expect(await comesIn()).toBe(false);
});
