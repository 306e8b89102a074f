import { AppError, notFound } from "@/server/core/errors";
import { contextFromHeaders } from "@/server/trpc/context";
import type { RequestContext } from "@/server/trpc/init";
import { limitHeaders } from "@/server/trpc/limits";
import { checkSite, readText } from "@/server/trpc/request-guard";
import { createCaller } from "@/server/trpc/root";
import { allowOrigin, preflight } from "../cors";
import { agentsOf } from "./answering";
import { chatCompletions } from "./chat";
import { embeddings } from "./embeddings";
import { failureResponse } from "./failure";
import { responses } from "./responses";

/** Where the face is mounted: the base address that a client of OpenAI is given. */
export const openaiBase = "/api/openai/v1";

const posts: Record<string, (ctx: RequestContext, body: unknown) => Promise<Response>> = {
	"/chat/completions": chatCompletions,
	"/responses": responses,
	"/embeddings": embeddings,
};

/** Agents as models, for any client of OpenAI. Each call is calls of procedures: the same gate, budget and audit. */
export async function openaiHandler(request: Request): Promise<Response> {
	const { pathname, searchParams } = new URL(request.url);
	const isProgram = request.headers.has("authorization") || request.headers.has("x-api-key");
	const ctx: RequestContext = {
		...contextFromHeaders(request.headers, searchParams),
		via: "openai",
		signal: request.signal,
	};
	const answer = await answerTo(request, pathname.slice(openaiBase.length), { ctx, isProgram }).catch((failure) =>
		failureResponse(failure, ctx.requestId),
	);
	answer.headers.set("x-request-id", ctx.requestId);
	for (const [name, value] of Object.entries(limitHeaders(ctx.charges ?? []))) answer.headers.set(name, value);
	allowOrigin(request, answer.headers, isProgram);
	return answer;
}

async function answerTo(
	request: Request,
	path: string,
	{ ctx, isProgram }: { ctx: RequestContext; isProgram: boolean },
): Promise<Response> {
	const post = posts[path];
	const isModels = path === "/models" || path.startsWith("/models/");
	if (request.method === "OPTIONS" && (post || isModels))
		return preflight(request, `${post ? "POST" : "GET"}, OPTIONS`);
	if (post) {
		if (request.method !== "POST") throw notPossible(request, "POST");
		if (!isProgram) await checkSite(request, ctx);
		return post(ctx, await readJson(request));
	}
	if (!isModels) throw notFound(`${openaiBase}${path.slice(0, 80)}`);
	if (request.method !== "GET") throw notPossible(request, "GET");
	return models(ctx, decoded(path.slice("/models/".length)));
}

/** A name that was written badly is nobody's name. */
function decoded(word: string): string {
	try {
		return decodeURIComponent(word);
	} catch {
		throw notFound(`The model ${word.slice(0, 80)}`);
	}
}

const notPossible = ({ method }: Request, allowed: string) =>
	new AppError("METHOD_NOT_ALLOWED", `${method} is not possible here, but ${allowed} is.`);

async function models(ctx: RequestContext, wanted: string): Promise<Response> {
	const agents = await agentsOf(createCaller(ctx));
	const data = agents.map(({ id, name, description, createdAt }) => ({
		id: name,
		object: "model",
		created: Math.floor(createdAt.getTime() / 1000),
		owned_by: "quarterdeck",
		agent_id: id,
		description,
	}));
	const headers = { "cache-control": "private, no-cache" };
	if (!wanted) return Response.json({ object: "list", data }, { headers });
	const found = data.find((one) => one.agent_id === wanted || one.id.toLowerCase() === wanted.toLowerCase());
	if (!found) throw notFound(`The model ${wanted.slice(0, 80)}`);
	return Response.json(found, { headers });
}

async function readJson(request: Request): Promise<unknown> {
	const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
	if (type !== "application/json") throw new AppError("UNSUPPORTED", "Send the body as application/json.");
	try {
		return JSON.parse(await readText(request));
	} catch (error) {
		if (error instanceof AppError) throw error;
		throw new AppError("INVALID_INPUT", "The body is not valid JSON.");
	}
}
