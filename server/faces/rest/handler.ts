import { AppError, notFound } from "@/server/core/errors";
import { contextFromHeaders } from "@/server/trpc/context";
import type { RequestContext } from "@/server/trpc/init";
import { limitHeaders } from "@/server/trpc/limits";
import { checkSite } from "@/server/trpc/request-guard";
import { allowOrigin, preflight } from "../cors";
import { answerJson, answerOnce } from "./answer";
import { inputOf } from "./input";
import { openApiDocument } from "./openapi/document";
import { problemOf, problemResponse } from "./problem";
import { base, type Found, findRoutes, type Route } from "./routes";
import { answerStream } from "./stream";

/** One call: who asks for what, with the context that the gate is given. */
export type RestCall = { request: Request; route: Route; found: Found; ctx: RequestContext };

/** The REST face. It reads a request, calls the procedure behind it through the gate, and writes the answer. */
export async function restHandler(request: Request): Promise<Response> {
	const isProgram = request.headers.has("authorization") || request.headers.has("x-api-key");
	const { headers } = request;
	const query = new URL(request.url).searchParams;
	const ctx: RequestContext = { ...contextFromHeaders(headers, query), via: "rest", signal: request.signal };
	const answer = await answerTo(request, ctx, isProgram).catch((failure) =>
		problemResponse(problemOf(failure, ctx.requestId)),
	);
	answer.headers.set("x-request-id", ctx.requestId);
	for (const [name, value] of Object.entries(limitHeaders(ctx.charges ?? []))) answer.headers.set(name, value);
	allowOrigin(request, answer.headers, isProgram);
	return answer;
}

async function answerTo(request: Request, ctx: RequestContext, isProgram: boolean): Promise<Response> {
	const path = new URL(request.url).pathname.slice(base.length);
	if (path === "/openapi.json") return answerDocument(request);
	const found = findRoutes(path);
	if (!found) throw notFound(`${base}${path}`);
	const allow = allowed(found);
	if (request.method === "OPTIONS") return preflight(request, allow);
	const route = found.routes.find((one) =>
		request.method === "HEAD" ? isReading(one) : one.face.method === request.method,
	);
	if (!route) return refuseMethod(request, ctx, allow);
	if (!isProgram && comesFromBrowser(request)) await checkSite(request, ctx);
	const call: RestCall = { request, route, found, ctx };
	const work = route.type === "subscription" ? answerStream(call) : answerOnce(call, inputOf(route, found, request));
	const answer = await work.catch((failure) => problemResponse(problemOf(failure, ctx.requestId)));
	tellDeprecation(route, answer.headers);
	return request.method === "HEAD" ? new Response(null, answer) : answer;
}

/** The API's description holds no secret, and programs that make clients have no identity. */
function answerDocument(request: Request): Response {
	if (request.method !== "GET" && request.method !== "HEAD")
		throw new AppError("METHOD_NOT_ALLOWED", "The document can be read, and nothing else.");
	return answerJson(request, openApiDocument());
}

const allowed = ({ routes }: Found): string => {
	const methods = routes.map(({ face }) => face.method as string);
	return [...methods, ...(routes.some(isReading) ? ["HEAD"] : []), "OPTIONS"].join(", ");
};

const isReading = ({ face, type }: Route) => face.method === "GET" && type === "query";

function refuseMethod(request: Request, ctx: RequestContext, allow: string): Response {
	const error = new AppError("METHOD_NOT_ALLOWED", `${request.method} is not possible here, but ${allow} are.`);
	return problemResponse(problemOf(error, ctx.requestId), { allow });
}

/** Without a cookie and without what browsers add, there is nobody whose cookie a foreign page could use. */
const comesFromBrowser = ({ headers }: Request): boolean =>
	["cookie", "origin", "sec-fetch-site"].some((name) => headers.has(name));

/** RFC 9745 and RFC 8594. */
function tellDeprecation({ face: { deprecated } }: Route, headers: Headers): void {
	if (!deprecated) return;
	headers.set("deprecation", `@${Math.floor(Date.parse(deprecated.since) / 1000)}`);
	if (deprecated.sunset) headers.set("sunset", new Date(deprecated.sunset).toUTCString());
	if (deprecated.instead) headers.append("link", `<${base}${deprecated.instead}>; rel="successor-version"`);
}
