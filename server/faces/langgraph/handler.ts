import { AppError, notFound } from "@/server/core/errors";
import { contextFromHeaders } from "@/server/trpc/context";
import type { RequestContext } from "@/server/trpc/init";
import { limitHeaders } from "@/server/trpc/limits";
import { checkSite, readText } from "@/server/trpc/request-guard";
import { createCaller } from "@/server/trpc/root";
import { allowOrigin, preflight } from "../cors";
import { agentBy, countAssistants, schemasOf, searchAssistants, toAssistant } from "./assistants";
import { StreamMode } from "./contract";
import { changeCron, countCrons, createCron, deleteCron, searchCrons } from "./crons";
import { failureResponse } from "./failure";
import { endedFor, finalValues, findRun, listRuns, runsBefore, startRun, stopRuns } from "./runs";
import { toRun } from "./state";
import { streamOf } from "./stream";
import {
	countThreads,
	createThread,
	deleteThread,
	readHistory,
	readState,
	readThread,
	searchThreads,
	updateState,
	updateThread,
} from "./threads";

/** Where the face is mounted: the `apiUrl` that LangGraph's client is given. */
export const langgraphBase = "/api/langgraph";

type Call = {
	ctx: RequestContext;
	ids: string[];
	body: () => Promise<unknown>;
	request: Request;
	params: URLSearchParams;
};
type Route = [method: string, path: RegExp, answer: (call: Call) => Promise<Response>];

const json = (body: unknown, headers: Record<string, string> = {}): Response =>
	Response.json(body, { headers: { "cache-control": "no-store", ...headers } });
const id = "([0-9a-fA-F-]{36})";
const at = (path: string): RegExp => new RegExp(`^${path.replaceAll("{}", id)}$`);

const startIn =
	(isIn: boolean) =>
	async ({ ctx, ids, body }: Call) => {
		const [threadId = null] = isIn ? ids : [];
		return startRun(ctx, threadId, await body());
	};

async function create(call: Call, isIn: boolean): Promise<Response> {
	const { runId, threadId } = await startIn(isIn)(call);
	const run = await findRun(call.ctx, null, runId);
	return json(toRun(run), { "content-location": `/threads/${threadId}/runs/${runId}` });
}

async function wait(call: Call, isIn: boolean): Promise<Response> {
	const { runId, threadId, earlier, request } = await startIn(isIn)(call);
	const run = await endedFor(call.ctx, runId, request.on_disconnect === "cancel");
	return json(finalValues(run, earlier), { "content-location": `/threads/${threadId}/runs/${runId}` });
}

async function stream(call: Call, isIn: boolean): Promise<Response> {
	const { runId, earlier, request } = await startIn(isIn)(call);
	const run = await findRun(call.ctx, null, runId);
	const cancels = request.on_disconnect === "cancel";
	return streamOf(call.ctx, { run, earlier, modes: request.stream_mode, after: null, cancels });
}

async function joinStream({ ctx, ids, request, params }: Call, isIn: boolean): Promise<Response> {
	const [threadId, runId] = isIn ? [ids[0] ?? null, ids[1] ?? ""] : [null, ids[0] ?? ""];
	const run = await findRun(ctx, threadId, runId);
	const asked = params.getAll("stream_mode").map((mode) => StreamMode.parse(mode));
	return streamOf(ctx, {
		run,
		earlier: await runsBefore(ctx, run),
		modes: asked.length > 0 ? asked : ["values", "messages-tuple"],
		after: request.headers.get("last-event-id"),
		cancels: params.get("cancel_on_disconnect") === "1",
	});
}

async function join({ ctx, ids, params }: Call): Promise<Response> {
	const [threadId = "", runId = ""] = ids;
	await findRun(ctx, threadId, runId);
	const run = await endedFor(ctx, runId, params.get("cancel_on_disconnect") === "1");
	return json(finalValues(run, await runsBefore(ctx, run)));
}

async function cancel({ ctx, ids, params }: Call): Promise<Response> {
	const [threadId = "", runId = ""] = ids;
	expectInterrupt(params);
	await findRun(ctx, threadId, runId);
	await createCaller(ctx).runs.stop({ runId });
	if (params.get("wait") === "1") await endedFor(ctx, runId, false);
	return new Response(null, { status: 202 });
}

async function cancelMany({ ctx, body, params }: Call): Promise<Response> {
	expectInterrupt(params);
	await stopRuns(ctx, await body());
	return new Response(null, { status: 204 });
}

function expectInterrupt(params: URLSearchParams): void {
	if (params.get("action") === "rollback")
		throw new AppError("INVALID_INPUT", "action: a run is stopped here, and what it did is not taken back.");
}

const routes: Route[] = [
	["GET", at("/ok"), async () => json({ ok: true })],
	["GET", at("/info"), async () => json({ version: "quarterdeck", flags: { assistants: true, crons: true } })],
	["POST", at("/assistants/search"), async ({ ctx, body }) => searchAssistants(ctx, await body())],
	["POST", at("/assistants/count"), async ({ ctx, body }) => countAssistants(ctx, await body())],
	["GET", /^\/assistants\/([^/]{1,200})\/schemas$/, async ({ ctx, ids }) => schemasOf(ctx, ids[0] ?? "")],
	["GET", /^\/assistants\/([^/]{1,200})$/, async ({ ctx, ids }) => json(toAssistant(await agentBy(ctx, ids[0] ?? "")))],
	["POST", at("/threads"), async ({ ctx, body }) => createThread(ctx, await body())],
	["POST", at("/threads/search"), async ({ ctx, body }) => searchThreads(ctx, await body())],
	["POST", at("/threads/count"), async ({ ctx, body }) => countThreads(ctx, await body())],
	["GET", at("/threads/{}"), async ({ ctx, ids }) => readThread(ctx, ids[0] ?? "")],
	["PATCH", at("/threads/{}"), async ({ ctx, ids, body }) => updateThread(ctx, ids[0] ?? "", await body())],
	["DELETE", at("/threads/{}"), async ({ ctx, ids }) => deleteThread(ctx, ids[0] ?? "")],
	["GET", at("/threads/{}/state"), async ({ ctx, ids }) => readState(ctx, ids[0] ?? "", null)],
	["GET", at("/threads/{}/state/{}"), async ({ ctx, ids }) => readState(ctx, ids[0] ?? "", ids[1] ?? "")],
	[
		"POST",
		at("/threads/{}/state/checkpoint"),
		async (call) => readState(call.ctx, call.ids[0] ?? "", checkpointIn(await call.body())),
	],
	["POST", at("/threads/{}/state"), async ({ ctx, ids, body }) => updateState(ctx, ids[0] ?? "", await body())],
	["POST", at("/threads/{}/history"), async ({ ctx, ids, body }) => readHistory(ctx, ids[0] ?? "", await body())],
	[
		"GET",
		at("/threads/{}/history"),
		async ({ ctx, ids, params }) => readHistory(ctx, ids[0] ?? "", Object.fromEntries(params)),
	],
	["GET", at("/threads/{}/runs"), async ({ ctx, ids, params }) => listRuns(ctx, ids[0] ?? "", params)],
	["POST", at("/threads/{}/runs"), (call) => create(call, true)],
	["POST", at("/threads/{}/runs/wait"), (call) => wait(call, true)],
	["POST", at("/threads/{}/runs/stream"), (call) => stream(call, true)],
	[
		"GET",
		at("/threads/{}/runs/{}"),
		async ({ ctx, ids }) => json(toRun(await findRun(ctx, ids[0] ?? "", ids[1] ?? ""))),
	],
	["GET", at("/threads/{}/runs/{}/join"), join],
	["GET", at("/threads/{}/runs/{}/stream"), (call) => joinStream(call, true)],
	["POST", at("/threads/{}/runs/{}/cancel"), cancel],
	["POST", at("/runs"), (call) => create(call, false)],
	["POST", at("/runs/wait"), (call) => wait(call, false)],
	["POST", at("/runs/stream"), (call) => stream(call, false)],
	["POST", at("/runs/cancel"), cancelMany],
	["POST", at("/runs/crons"), async ({ ctx, body }) => createCron(ctx, await body())],
	["POST", at("/runs/crons/search"), async ({ ctx, body }) => searchCrons(ctx, await body())],
	["POST", at("/runs/crons/count"), async ({ ctx, body }) => countCrons(ctx, await body())],
	["PATCH", at("/runs/crons/{}"), async ({ ctx, ids, body }) => changeCron(ctx, ids[0] ?? "", await body())],
	["DELETE", at("/runs/crons/{}"), async ({ ctx, ids }) => deleteCron(ctx, ids[0] ?? "")],
	["GET", at("/runs/{}/stream"), (call) => joinStream(call, false)],
];

const checkpointIn = (body: unknown): string | null => {
	const { checkpoint } = Object(body) as { checkpoint?: { checkpoint_id?: unknown } };
	return typeof checkpoint?.checkpoint_id === "string" ? checkpoint.checkpoint_id : null;
};

/** The Agent Server of LangGraph, for its client: agents as assistants, our threads and runs. Each call is calls of procedures. */
export async function langgraphHandler(request: Request): Promise<Response> {
	const { pathname, searchParams } = new URL(request.url);
	const ctx: RequestContext = {
		...contextFromHeaders(request.headers, searchParams),
		via: "langgraph",
		signal: request.signal,
	};
	const isProgram = request.headers.has("authorization") || request.headers.has("x-api-key");
	const path = pathname.slice(langgraphBase.length);
	const answer = await answerTo(request, path, { ctx, params: searchParams, isProgram }).catch((failure) =>
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
	{ ctx, params, isProgram }: { ctx: RequestContext; params: URLSearchParams; isProgram: boolean },
): Promise<Response> {
	const fitting = routes.filter(([, pattern]) => pattern.test(path));
	const methods = [...new Set(fitting.map(([method]) => method))];
	if (request.method === "OPTIONS" && fitting.length > 0) return preflight(request, [...methods, "OPTIONS"].join(", "));
	const route = fitting.find(([method]) => method === request.method);
	if (!route && fitting.length > 0) {
		throw new AppError("METHOD_NOT_ALLOWED", `${request.method} is not possible here, but ${methods.join(", ")} is.`);
	}
	if (!route) throw notFound(`${langgraphBase}${path.slice(0, 80)}`);
	if (!isProgram && request.method !== "GET") await checkSite(request, ctx);
	const [, pattern, answer] = route;
	const ids = (pattern.exec(path) ?? []).slice(1).map(decoded);
	return answer({ ctx, ids, request, params, body: () => readJson(request) });
}

/** A name that was written badly is nobody's name. */
function decoded(word: string): string {
	try {
		return decodeURIComponent(word);
	} catch {
		throw notFound(word.slice(0, 80));
	}
}

async function readJson(request: Request): Promise<unknown> {
	const text = await readText(request);
	if (text === "") return {};
	const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
	if (type !== "application/json") throw new AppError("UNSUPPORTED", "Send the body as application/json.");
	try {
		return JSON.parse(text);
	} catch {
		throw new AppError("INVALID_INPUT", "The body is not valid JSON.");
	}
}
