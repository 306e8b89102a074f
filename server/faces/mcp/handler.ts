import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { tryAuditDenial } from "@/server/core/denials";
import { AppError, errorTable } from "@/server/core/errors";
import { ownOrigin } from "@/server/core/own-origin";
import { mcpResource, resourceMetadataPath } from "@/server/oauth/resource";
import { contextFromHeaders } from "@/server/trpc/context";
import { toAppError } from "@/server/trpc/failure";
import type { RequestContext } from "@/server/trpc/init";
import { serviceContext } from "@/server/trpc/refusals";
import { checkSite, readText } from "@/server/trpc/request-guard";
import { mcpServer } from "./server";

/**
 * The Model Context Protocol over streamable HTTP, without sessions: each request says who it is, is answered by itself, and
 * any web process can answer it.
 */
export async function mcpHandler(request: Request): Promise<Response> {
	const isProgram = request.headers.has("authorization") || request.headers.has("x-api-key");
	const query = new URL(request.url).searchParams;
	const host = request.headers.get("host");
	const known = contextFromHeaders(request.headers, query, mcpResource(host));
	const ctx: RequestContext = { ...known, via: "mcp", signal: request.signal };
	const answer = await answerTo(request, ctx, isProgram).catch(async (failure) => {
		const error = toAppError(failure);
		if (isProgram) await writeDown(ctx, error);
		return refusal(error, challenge(host, isProgram));
	});
	answer.headers.set("x-request-id", ctx.requestId);
	answer.headers.set("cache-control", "no-store");
	return answer;
}

/** A key or token that does not work is a refusal; to come without any is how a program begins to ask for access. */
async function writeDown(ctx: RequestContext, error: AppError): Promise<void> {
	if (error.code !== "UNAUTHENTICATED" || error.isAudited) return;
	const fact = { action: "mcp.call", resource: "mcp", reason: error.message, detail: { problem: error.code } };
	await tryAuditDenial(serviceContext(ctx, { kind: "anonymous" }), fact);
}

async function answerTo(request: Request, ctx: RequestContext, isProgram: boolean): Promise<Response> {
	if (request.method !== "POST")
		throw new AppError("METHOD_NOT_ALLOWED", "Send MCP messages with POST: there are no sessions to open or to end.");
	const actor = await ctx.identify();
	// Who shows nothing at all is told how to ask for access; only a cookie can be another page's doing.
	if (actor.kind === "anonymous") throw new AppError("UNAUTHENTICATED", "Send an API key or an access token.");
	if (!isProgram) await checkSite(request, ctx);
	const message = await readMessage(request);
	const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
	// Nothing holds either once the answer is there, so neither is closed: that would abort what has ended, at the price of a query.
	await mcpServer(ctx, actor).connect(transport);
	return transport.handleRequest(request, { parsedBody: message });
}

/** One message at a time: a batch would be many calls at the price of one. */
async function readMessage(request: Request): Promise<unknown> {
	const message = parsed(await readText(request));
	if (Array.isArray(message)) throw new AppError("INVALID_INPUT", "Send one message at a time, not a batch.");
	return message;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new AppError("INVALID_INPUT", "The body is not valid JSON.");
	}
}

/** Tells programs where they learn how to ask a person for access (RFC 9728, 5.1). */
const challenge = (host: string | null, isProgram: boolean): string =>
	`Bearer ${isProgram ? 'error="invalid_token", ' : ""}resource_metadata="${ownOrigin(host)}${resourceMetadataPath}"`;

function refusal(error: AppError, challenged: string): Response {
	const { status } = errorTable[error.code];
	const headers = new Headers({ "content-type": "application/json" });
	if (status === 401) headers.set("www-authenticate", challenged);
	if (status === 405) headers.set("allow", "POST");
	if (error.retryAfterSeconds !== undefined) headers.set("retry-after", String(error.retryAfterSeconds));
	const body = {
		jsonrpc: "2.0",
		id: null,
		error: { code: -32000, message: error.message, data: { code: error.code } },
	};
	return new Response(JSON.stringify(body), { status, headers });
}
