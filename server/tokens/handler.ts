import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ServiceContext } from "@/server/core/context";
import { database } from "@/server/core/database";
import { AppError, type ErrorCode, errorTable } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { toAppError } from "@/server/trpc/failure";
import { chargeAddress } from "@/server/trpc/limits";
import { checkPage } from "@/server/trpc/request-guard";
import { RevokeRequest, TokenRequest, type Tokens } from "./contract";
import { grantByPassword, grantByRefresh, readSigningKeys, revokeToken } from "./service";

/** Most bytes of a request for tokens. */
const mostBytes = 16 * 1024;

/** RFC 6749's word for what is wrong, beside our own code. */
type TokenError =
	| "invalid_request"
	| "unsupported_grant_type"
	| "invalid_grant"
	| "mfa_required"
	| "slow_down"
	| "server_error";
class TokenProblem extends AppError {
	constructor(
		code: ErrorCode,
		readonly error: TokenError,
		message: string,
	) {
		super(code, message);
	}
}

const contextOf = (request: Request): ServiceContext => ({
	db: database(),
	actor: { kind: "anonymous" },
	via: "rest",
	requestId: randomUUID(),
	origin: {
		address: request.headers.get("x-qd-address"),
		userAgent: request.headers.get("user-agent")?.slice(0, 512) ?? null,
	},
});

/** What of this answers a request; nothing, where it is for somebody else. */
export function tokenRoute({ method, url }: { method?: string | undefined; url?: string | undefined }) {
	switch (`${method} ${url?.split("?")[0]}`) {
		case "POST /api/v1/auth/token":
			return tokenHandler;
		case "POST /api/v1/auth/revoke":
			return revokeHandler;
		case "GET /api/v1/auth/jwks":
			return jwksHandler;
		default:
			return null;
	}
}

/** `POST /api/v1/auth/token`: tokens for a password or for a refresh token. */
export const tokenHandler = (request: Request): Promise<Response> =>
	answered(request, async (ctx, body) => {
		const grant = z.looseObject({ grant_type: z.string() }).safeParse(body).data?.grant_type;
		if (grant && grant !== "password" && grant !== "refresh_token")
			throw new TokenProblem("INVALID_INPUT", "unsupported_grant_type", "grant_type is password or refresh_token.");
		const input = TokenRequest.parse(body);
		const tokens = input.grant_type === "password" ? await byPassword(ctx, input) : await byRefresh(ctx, input);
		return Response.json(tokens);
	});

async function byPassword(
	ctx: ServiceContext,
	input: Extract<TokenRequest, { grant_type: "password" }>,
): Promise<Tokens> {
	await chargeAddress(ctx);
	const tokens = await grantByPassword(ctx, input);
	if (!tokens) throw new TokenProblem("INVALID_INPUT", "invalid_grant", "E-mail or password are not right.");
	return tokens;
}

async function byRefresh(
	ctx: ServiceContext,
	input: Extract<TokenRequest, { grant_type: "refresh_token" }>,
): Promise<Tokens> {
	const tokens = await grantByRefresh(ctx, input.refresh_token);
	if (tokens) return tokens;
	// Whoever holds a good one is bound by it already; only guesses are counted.
	await chargeAddress(ctx);
	throw new TokenProblem("INVALID_INPUT", "invalid_grant", "This refresh token is not valid any more. Sign in again.");
}

/** `POST /api/v1/auth/revoke` (RFC 7009): the session of the token ends. */
export const revokeHandler = (request: Request): Promise<Response> =>
	answered(request, async (ctx, body) => {
		await chargeAddress(ctx);
		await revokeToken(ctx, RevokeRequest.parse(body).token);
		return Response.json({});
	});

/** `GET /api/v1/auth/jwks`: what access tokens are checked with. */
export async function jwksHandler(): Promise<Response> {
	const keys = await readSigningKeys(database());
	const body = { keys: keys.map(({ kid, publicKey }) => ({ ...publicKey, kid, alg: "EdDSA", use: "sig" })) };
	// Half as long as a new key waits before it signs.
	return Response.json(body, { headers: { "cache-control": "public, max-age=15" } });
}

async function answered(
	request: Request,
	work: (ctx: ServiceContext, body: unknown) => Promise<Response>,
): Promise<Response> {
	const ctx = contextOf(request);
	const answer = await readBody(request, ctx)
		.then((body) => work(ctx, body))
		.catch((error: unknown) => problem(error, ctx.requestId));
	answer.headers.set("cache-control", "no-store");
	answer.headers.set("x-request-id", ctx.requestId);
	return answer;
}

async function readBody(request: Request, ctx: ServiceContext): Promise<unknown> {
	await checkPage(request, ctx);
	if (request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() !== "application/json")
		throw new TokenProblem("UNSUPPORTED", "invalid_request", "Send application/json.");
	const text = await readText(request);
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new AppError("INVALID_INPUT", "The body is not JSON.", { cause });
	}
}

async function readText(request: Request): Promise<string> {
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of request.body ?? []) {
		size += part.byteLength;
		if (size > mostBytes) throw new TokenProblem("TOO_LARGE", "invalid_request", "This is more than 16 KB.");
		parts.push(part);
	}
	return Buffer.concat(parts).toString();
}

/** RFC 9457, with RFC 6749's `error` in it. */
function problem(error: unknown, requestId: string): Response {
	const failure = toAppError(error);
	const { status, class: kind } = errorTable[failure.code];
	if (kind !== "user") log.error({ requestId, problem: failure.code, err: failure.cause }, "no tokens were given");
	const body = {
		type: "about:blank",
		title: failure.message,
		status,
		detail: failure.message,
		code: failure.code,
		error: failure instanceof TokenProblem ? failure.error : errorOf(failure.code),
		error_description: failure.message,
		requestId,
	};
	const headers = new Headers({ "content-type": "application/problem+json" });
	if (failure.retryAfterSeconds) headers.set("retry-after", String(failure.retryAfterSeconds));
	return new Response(JSON.stringify(body), { status, headers });
}

function errorOf(code: ErrorCode): TokenError {
	if (code === "LIMIT_REACHED") return "slow_down";
	if (code === "FACTOR_NEEDED") return "mfa_required";
	return errorTable[code].class === "user" ? "invalid_request" : "server_error";
}
