import superjson from "superjson";
import type { Database } from "@/db/connection";
import type { UserActor } from "@/server/core/actor";
import { AppError } from "@/server/core/errors";
import { mcpHandler } from "@/server/faces/mcp/handler";
import { type Route, restRoutes } from "@/server/faces/rest/routes";
import { callTool, type ToolName } from "@/server/faces/tool";
import { listProcedures } from "@/server/procedures/catalogue";
import { toAppError } from "@/server/trpc/failure";
import { rpcHandler } from "@/server/trpc/handler";
import { appRouter } from "@/server/trpc/root";
import { origin, type RestClient } from "./rest";

export type Procedure = ReturnType<typeof listProcedures>[number];
export type Caller = { actor: UserActor | null; cookie: string; rest: RestClient };
/** How a call ended: OK or the code of its failure, and what was answered. */
export type Said = { code: string; answer: unknown };
type Input = Record<string, unknown>;

export const procedures = listProcedures(appRouter);
const routes = new Map<string, Route>(restRoutes().map((route) => [route.name, route]));

const own = (cookie: string) => ({ host: "localhost:3000", origin, "x-qd-csrf": "1", ...(cookie ? { cookie } : {}) });
const ofFile = "application/octet-stream";

export async function overRpc({ path, type, meta }: Procedure, { cookie }: Caller, input: Input): Promise<Said> {
	const isRead = type === "query";
	const headers = { ...own(cookie), "content-type": meta.isUpload ? ofFile : "application/json" };
	const text = superjson.stringify(input);
	const address = `${origin}/api/trpc/${path}${isRead ? `?input=${encodeURIComponent(text)}` : ""}`;
	const body = meta.isUpload ? "" : text;
	const answer = await rpcHandler(new Request(address, isRead ? { headers } : { method: "POST", headers, body }));
	const said = (await answer.json()) as {
		error?: { json: { data: { problem: string } } };
		result?: { data: { json: unknown } };
	};
	return { code: said.error?.json.data.problem ?? "OK", answer: said.result?.data.json };
}

export async function overRest({ path: name, meta }: Procedure, { rest }: Caller, input: Input): Promise<Said> {
	const { face, segments } = routes.get(name) ?? {};
	if (!face || !segments) throw new Error(`${name} has no REST face`);
	const inPath = segments.filter((one) => one.startsWith("{")).map((one) => one.slice(1, -1));
	const path = face.path.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(input[field])));
	const others = Object.fromEntries(Object.entries(input).filter(([field]) => !inPath.includes(field)));
	const isQuery = face.method === "GET" || face.method === "DELETE";
	const query = isQuery ? `?${new URLSearchParams(others as Record<string, string>)}` : "";
	const raw = { body: new Uint8Array(), headers: { "content-type": ofFile } };
	const more = meta.isUpload ? raw : isQuery ? {} : { body: others };
	const answer = await rest(`${face.method} ${path as `/${string}`}${query}`, more);
	return { code: answer.status < 400 ? "OK" : String(answer.body.code), answer: answer.body };
}

/** As an agent that everyone may ask, on the person's behalf. */
export async function overTool(
	{ path }: Procedure,
	{ actor }: Caller,
	input: Input,
	{ db, agentId }: { db: Database; agentId: string },
): Promise<Said> {
	if (!actor) throw new Error("no agent works for nobody");
	const cause = { userId: actor.userId, sessionId: null, keyId: null };
	const tool = {
		...{ db, agentId, cause, runId: crypto.randomUUID(), requestId: crypto.randomUUID() },
		signal: new AbortController().signal,
	};
	try {
		// The name came from the router itself, and what it takes is its own matter.
		return { code: "OK", answer: await callTool(tool, path as ToolName, input as never) };
	} catch (error) {
		return { code: error instanceof AppError ? error.code : toAppError(error).code, answer: null };
	}
}

export async function overMcp({ path }: Procedure, { cookie }: Caller, input: Input): Promise<Said> {
	const headers = {
		...own(cookie),
		"content-type": "application/json",
		accept: "application/json, text/event-stream",
	};
	const params = { name: path.replaceAll(".", "_"), arguments: input };
	const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
	const answer = await mcpHandler(new Request(`${origin}/api/mcp`, { method: "POST", headers, body }));
	const said = (await answer.json()) as {
		error?: { data?: { code?: string } };
		result?: { isError?: boolean; content: { text: string }[] };
	};
	const text = said.result?.content[0]?.text ?? "";
	if (said.error) return { code: said.error.data?.code ?? "INTERNAL", answer: null };
	return said.result?.isError
		? { code: text.split("\n")[0] ?? "", answer: null }
		: { code: "OK", answer: JSON.parse(text) };
}
