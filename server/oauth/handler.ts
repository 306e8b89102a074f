import { randomUUID } from "node:crypto";
import { z } from "zod";
import { addressBlock } from "@/server/core/address";
import type { ServiceContext } from "@/server/core/context";
import { database } from "@/server/core/database";
import { AppError, errorTable } from "@/server/core/errors";
import { countOne, limiterOf } from "@/server/core/limiter";
import { log } from "@/server/core/log";
import { revokeToken } from "@/server/tokens/service";
import { toAppError } from "@/server/trpc/failure";
import { chargeCall } from "@/server/trpc/limits";
import { CodeGrant, RefreshGrant, Registration, Revocation } from "./contract";
import { resourceMetadata, serverMetadata } from "./metadata";
import { type OAuthError, OAuthProblem } from "./problem";
import { resourceMetadataPath } from "./resource";
import { authenticateClient, exchangeCode, mayRegister, refreshGrant, registerClient } from "./service";

/** Most bytes of a request. */
const mostBytes = 16 * 1024;

type Handler = (request: Request) => Promise<Response>;

/** What of this answers a request; nothing, where it is for somebody else. */
export function oauthRoute({ method, url }: { method?: string | undefined; url?: string | undefined }): Handler | null {
	switch (`${method} ${url?.split("?")[0]}`) {
		case "GET /.well-known/oauth-authorization-server":
			return async (request) => metadata(serverMetadata(request.headers.get("host")));
		case `GET ${resourceMetadataPath}`:
		case "GET /.well-known/oauth-protected-resource":
			return async (request) => metadata(resourceMetadata(request.headers.get("host")));
		case "POST /oauth/token":
			return tokenHandler;
		case "POST /oauth/revoke":
			return revokeHandler;
		case "POST /oauth/register":
			return registerHandler;
		default:
			return null;
	}
}

/** Anybody may read it, from any page. */
const metadata = (facts: object): Response =>
	Response.json(facts, { headers: { "access-control-allow-origin": "*", "cache-control": "no-store" } });

const contextOf = (request: Request): ServiceContext => ({
	db: database(),
	actor: { kind: "anonymous" },
	via: "mcp",
	requestId: randomUUID(),
	origin: {
		address: request.headers.get("x-qd-address"),
		userAgent: request.headers.get("user-agent")?.slice(0, 512) ?? null,
		host: request.headers.get("host"),
	},
});

const chargeAddress = (ctx: ServiceContext) =>
	chargeCall("signInAddress", addressBlock(ctx.origin.address ?? "unknown"));

/** `POST /oauth/token`: tokens for a code or a refresh token. */
export const tokenHandler: Handler = (request) =>
	answered(request, async (ctx) => {
		const form = await readForm(request);
		const { grant_type: grant } = form;
		if (grant !== "authorization_code" && grant !== "refresh_token")
			throw new OAuthProblem("unsupported_grant_type", "grant_type is authorization_code or refresh_token.");
		const input = z.discriminatedUnion("grant_type", [CodeGrant, RefreshGrant]).parse(form);
		return guarded(ctx, async () => {
			const client = await authenticateClient(ctx.db, clientOf(request, input));
			return Response.json(
				input.grant_type === "refresh_token"
					? await refreshGrant(ctx, client, input)
					: await exchangeCode(ctx, client, input),
			);
		});
	});

/** `POST /oauth/revoke` (RFC 7009): the program's session ends. Nobody learns whether there was one. */
const revokeHandler: Handler = (request) =>
	answered(request, async (ctx) => {
		const input = Revocation.parse(await readForm(request));
		await chargeAddress(ctx);
		await authenticateClient(ctx.db, clientOf(request, input));
		await revokeToken(ctx, input.token);
		return Response.json({});
	});

const registrations = () => limiterOf({ name: "oauthRegistration", points: 20, seconds: 3_600, isSensitive: true });

/** `POST /oauth/register` (RFC 7591), where this installation lets programs register themselves. */
const registerHandler: Handler = (request) =>
	answered(request, async (ctx) => {
		if (!mayRegister())
			throw new OAuthProblem(
				"access_denied",
				"Programs can't register themselves here: an administrator does it under System, Programs.",
				"FORBIDDEN",
			);
		const block = addressBlock(ctx.origin.address ?? "unknown");
		await countOne(
			registrations(),
			block,
			(seconds) => `At most 20 programs an hour register from one place. Try again in ${seconds} s.`,
		);
		const input = readRegistration(await readText(request));
		const { id, secret, name, issuedAt } = await registerClient(ctx, input);
		const { redirect_uris, token_endpoint_auth_method } = input;
		const body = {
			client_id: id,
			client_id_issued_at: Math.floor(issuedAt.getTime() / 1000),
			client_name: name,
			redirect_uris,
			token_endpoint_auth_method,
			grant_types: ["authorization_code", "refresh_token"],
			response_types: ["code"],
			...(secret ? { client_secret: secret, client_secret_expires_at: 0 } : {}),
		};
		return Response.json(body, { status: 201 });
	});

function readRegistration(text: string): Registration {
	const json = z.json().safeParse(parseJson(text));
	const read = Registration.safeParse(json.data);
	if (read.success) return read.data;
	const [issue] = read.error.issues;
	const isAddress = issue?.path[0] === "redirect_uris";
	throw new OAuthProblem(
		isAddress ? "invalid_redirect_uri" : "invalid_client_metadata",
		`${issue?.path.join(".") || "body"}: ${issue?.message ?? "is malformed"}`,
	);
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new AppError("INVALID_INPUT", "The body is not JSON.", { cause });
	}
}

/** Guesses are counted; whoever comes with what is right is bound by it already. */
async function guarded(ctx: ServiceContext, work: () => Promise<Response>): Promise<Response> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof OAuthProblem) await chargeAddress(ctx);
		throw error;
	}
}

/** Who the program says it is, in the form or by Basic; not in both. */
function clientOf(request: Request, form: { client_id?: string | undefined; client_secret?: string | undefined }) {
	const header = request.headers.get("authorization");
	if (header === null) return { id: form.client_id, secret: form.client_secret };
	const [, encoded] = /^basic ([A-Za-z0-9+/=]+)$/i.exec(header) ?? [];
	const [id, ...rest] = Buffer.from(encoded ?? "", "base64")
		.toString()
		.split(":")
		.map(decodeForm);
	if (!encoded || !id || form.client_secret !== undefined || (form.client_id ?? id) !== id)
		throw new OAuthProblem(
			"invalid_request",
			"Say once who the program is: by Basic, or by client_id and client_secret.",
		);
	return { id, secret: rest.join(":") };
}

const decodeForm = (text: string): string => new URLSearchParams(`of=${text.replaceAll("&", "%26")}`).get("of") ?? "";

async function readForm(request: Request): Promise<Record<string, string>> {
	if (request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() !== "application/x-www-form-urlencoded")
		throw new OAuthProblem("invalid_request", "Send application/x-www-form-urlencoded.", "UNSUPPORTED");
	const fields = [...new URLSearchParams(await readText(request))];
	if (new Set(fields.map(([name]) => name)).size < fields.length)
		throw new OAuthProblem("invalid_request", "Send each parameter once.");
	return Object.fromEntries(fields);
}

async function readText(request: Request): Promise<string> {
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of request.body ?? []) {
		size += part.byteLength;
		if (size > mostBytes) throw new OAuthProblem("invalid_request", "This is more than 16 KB.", "TOO_LARGE");
		parts.push(part);
	}
	return Buffer.concat(parts).toString();
}

async function answered(request: Request, work: (ctx: ServiceContext) => Promise<Response>): Promise<Response> {
	const ctx = contextOf(request);
	const answer = await work(ctx).catch((error: unknown) => problem(error, request, ctx.requestId));
	answer.headers.set("cache-control", "no-store");
	answer.headers.set("x-request-id", ctx.requestId);
	return answer;
}

/** RFC 6749's form of an error. */
function problem(error: unknown, request: Request, requestId: string): Response {
	const failure = toAppError(error);
	const { status, class: kind } = errorTable[failure.code];
	if (kind !== "user") log.error({ requestId, problem: failure.code, err: failure.cause }, "no tokens were given");
	const headers = new Headers({ "content-type": "application/json" });
	if (failure.retryAfterSeconds) headers.set("retry-after", String(failure.retryAfterSeconds));
	if (status === 401 && request.headers.has("authorization")) headers.set("www-authenticate", "Basic");
	const body = { error: wordOf(failure), error_description: failure.message, request_id: requestId };
	return new Response(JSON.stringify(body), { status, headers });
}

function wordOf(failure: AppError): OAuthError {
	if (failure instanceof OAuthProblem) return failure.error;
	if (failure.code === "LIMIT_REACHED" || failure.code === "UNAVAILABLE") return "temporarily_unavailable";
	return errorTable[failure.code].class === "user" ? "invalid_request" : "server_error";
}
