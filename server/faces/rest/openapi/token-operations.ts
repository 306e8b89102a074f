import { RevokeRequest, TokenRequest, Tokens } from "@/server/tokens/contract";
import { type Json, jsonSchemaOf } from "./schemas";

/** Signing in is no procedure: it follows RFC 6749, 7009 and 7517, in whose words it is told here. */
export const tokenTag = { name: "signing-in", description: "Tokens for programs that people sign in to." };

const requestId: Json = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
const content = (schema: Json, example: unknown): Json => ({ "application/json": { schema, example } });

const jwt = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjEifQ.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl";
const refresh = "qr_mH3v0Qn8rT1yZ5cX7kB2wE4gJ9sL6dPa";
const examples = {
	password: { grant_type: "password", email: "robin@example.org", password: "a long enough sentence" },
	secondFactor: {
		grant_type: "password",
		email: "robin@example.org",
		password: "a long enough sentence",
		otp: "123456",
	},
	refresh: { grant_type: "refresh_token", refresh_token: refresh },
};

const refusal = (description: string, error: string, status: number, code: string): Json => ({
	description,
	headers: requestId,
	content: {
		"application/problem+json": {
			schema: { $ref: "#/components/schemas/TokenProblem" },
			example: {
				...{
					type: "about:blank",
					title: description,
					status,
					detail: description,
					code,
					error,
					error_description: description,
				},
				requestId: "0d5e3b3e-6a1c-4a52-9d4e-4a6f5e2b7c11",
			},
		},
	},
});

const problem = (problemSchema: Json): Json => ({
	allOf: [
		problemSchema,
		{
			type: "object",
			properties: {
				error: {
					type: "string",
					enum: [
						"invalid_request",
						"unsupported_grant_type",
						"invalid_grant",
						"mfa_required",
						"slow_down",
						"server_error",
					],
					description: "RFC 6749's word for it.",
				},
				error_description: { type: "string", description: "The same as `title`, under RFC 6749's name." },
			},
		},
	],
	description: "What went wrong (RFC 9457), with RFC 6749's words for it.",
});

const failures = (wrong: Json): Json => ({
	"400": wrong,
	...Object.fromEntries(
		(["TOO_LARGE", "UNSUPPORTED", "LIMIT_REACHED", "INTERNAL", "UNAVAILABLE"] as const).map((code) => [
			{ TOO_LARGE: 413, UNSUPPORTED: 415, LIMIT_REACHED: 429, INTERNAL: 500, UNAVAILABLE: 503 }[code],
			{ $ref: `#/components/responses/${code}` },
		]),
	),
});

const operation = (operationId: string, summary: string, description: string, more: Json): Json => ({
	...{ operationId, tags: [tokenTag.name], summary, description, security: [], parameters: [] },
	...more,
});

/** The three addresses below `/auth` that are no procedures, and the schemas that they point to. */
export function tokenPaths(components: Json): Record<string, Json> {
	const feature = "signing-in";
	components.TokenRequest = jsonSchemaOf(TokenRequest, { io: "input", feature }, components);
	components.Tokens = jsonSchemaOf(Tokens, { io: "output", feature }, components);
	components.RevokeRequest = jsonSchemaOf(RevokeRequest, { io: "input", feature }, components);
	components.TokenProblem = problem({ $ref: "#/components/schemas/Problem" });
	const to = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
	const tokens = { access_token: jwt, token_type: "Bearer", expires_in: 600, refresh_token: refresh };
	const token = operation(
		"auth.token",
		"Get tokens for a password or a refresh token",
		"RFC 6749 with JSON instead of a form. The access token is a JWT (EdDSA), good for 10 minutes. A refresh token is used once: the answer holds its successor, and using it a second time later on ends the session.\n\nIt needs no identity.",
		{
			requestBody: {
				required: true,
				content: {
					"application/json": {
						schema: to("TokenRequest"),
						examples: {
							password: { summary: "With a password", value: examples.password },
							secondFactor: { summary: "With a second factor", value: examples.secondFactor },
							refresh: { summary: "With a refresh token", value: examples.refresh },
						},
					},
				},
			},
			responses: {
				"200": { description: "A new pair.", headers: requestId, content: content(to("Tokens"), tokens) },
				...failures(refusal("E-mail or password are not right.", "invalid_grant", 400, "INVALID_INPUT")),
				"403": refusal("This account has a second factor: send its code, too.", "mfa_required", 403, "FACTOR_NEEDED"),
			},
		},
	);
	const revoke = operation(
		"auth.revoke",
		"End the session of a token",
		"RFC 7009: the session of the access or refresh token ends, and with it every token of it. A token that is none is answered alike.\n\nIt needs no identity but the token.",
		{
			requestBody: { required: true, content: content(to("RevokeRequest"), { token: refresh }) },
			responses: {
				"200": {
					description: "It is over, or was before.",
					headers: requestId,
					content: content({ type: "object", additionalProperties: false }, {}),
				},
				...failures(refusal("token: Invalid input: expected string.", "invalid_request", 400, "INVALID_INPUT")),
			},
		},
	);
	const jwks = operation(
		"auth.jwks",
		"Read the keys that access tokens are checked with",
		"RFC 7517: the public keys of all access tokens that are still good. A new key stands here before it signs.\n\nIt needs no identity.",
		{
			responses: {
				"200": {
					description: "The keys.",
					content: content(jwksSchema, {
						keys: [
							{
								kty: "OKP",
								crv: "Ed25519",
								x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
								kid: "1",
								alg: "EdDSA",
								use: "sig",
							},
						],
					}),
				},
				"400": { description: "The request is not well formed.", headers: requestId },
				"500": { $ref: "#/components/responses/INTERNAL" },
				"503": { $ref: "#/components/responses/UNAVAILABLE" },
			},
		},
	);
	return { "/auth/token": { post: token }, "/auth/revoke": { post: revoke }, "/auth/jwks": { get: jwks } };
}

const word = (description: string): Json => ({ type: "string", description });
const jwksSchema: Json = {
	type: "object",
	required: ["keys"],
	properties: {
		keys: {
			type: "array",
			description: "The public keys.",
			items: {
				type: "object",
				required: ["kty", "crv", "x", "kid", "alg", "use"],
				properties: {
					kty: word("OKP: a key of an Edwards curve."),
					crv: word("Ed25519."),
					x: word("The public key, in base64url."),
					kid: word("Its id, as the header of a token names it."),
					alg: word("EdDSA."),
					use: word("sig: it signs."),
				},
			},
		},
	},
};
