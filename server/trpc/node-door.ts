import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ReadableStream as WebStream } from "node:stream/web";
import { callerAddress } from "@/server/core/address";
import { linesOf, writeLines } from "@/server/core/event-stream";
import { protectData } from "@/server/core/safe-headers";
import { langgraphBase, langgraphHandler } from "@/server/faces/langgraph/handler";
import { mcpHandler } from "@/server/faces/mcp/handler";
import { openaiBase, openaiHandler } from "@/server/faces/openai/handler";
import { restHandler } from "@/server/faces/rest/handler";
import { base } from "@/server/faces/rest/routes";
import { oauthRoute } from "@/server/oauth/handler";
import { mcpPath } from "@/server/oauth/resource";
import { tokenRoute } from "@/server/tokens/handler";
import { endpoint, rpcHandler } from "./handler";
import { keepBody, smallBody } from "./request-guard";

/** Whose answer each address is. */
function handlerOf({ method, url = "" }: IncomingMessage): ((request: Request) => Promise<Response>) | null {
	if (url.startsWith(`${endpoint}/`)) return rpcHandler;
	if (url.startsWith(`${base}/`)) return tokenRoute({ method, url }) ?? restHandler;
	if (url.startsWith(`${openaiBase}/`)) return openaiHandler;
	if (url.startsWith(`${langgraphBase}/`)) return langgraphHandler;
	if (url.split("?")[0] === mcpPath) return mcpHandler;
	return oauthRoute({ method, url });
}

export const isRpc = (request: IncomingMessage): boolean => handlerOf(request) !== null;

/**
 * The faces for programs at the door of our own server. Through the page framework a call takes half as much time again, and each
 * event of a stream several times as much.
 */
export async function answerRpc(request: IncomingMessage, response: ServerResponse): Promise<void> {
	try {
		await (await begin(request, response))?.();
	} catch {
		// To a reader who is gone, or in the middle of an answer, nothing more can be said.
		response.destroy();
	}
}

/**
 * Answers, and gives back what is left to write where that takes its time: a stream may wait for hours, and what was needed to
 * begin it does not wait with it.
 */
async function begin(request: IncomingMessage, response: ServerResponse): Promise<(() => Promise<void>) | null> {
	const gone = new AbortController();
	// An answer that was given to its end needs nobody to be told: each time costs as much as a small query.
	response.on("close", () => {
		if (!response.writableFinished) gone.abort();
	});
	const handle = handlerOf(request);
	if (!handle) throw new Error("this address is none of ours");
	const body = isSmall(request) ? await readAll(request) : undefined;
	const answer = await handle(toRequest(request, { signal: gone.signal, body, isKept: byText.has(handle) }));
	response.statusCode = answer.status;
	protectData(response);
	response.setHeaders(answer.headers);
	const rest = restOf(answer, response, gone.signal);
	// In one piece with its head and its length: three writes of one answer cost a fifth of a small call.
	if (!rest) response.end(answer.body ? await answer.bytes() : undefined);
	// Who is still sending what nobody will read hears the answer, not a broken line.
	request.resume();
	return rest;
}

/** What writes an answer that comes bit by bit; null where it is there as a whole. */
function restOf(answer: Response, response: ServerResponse, signal: AbortSignal): (() => Promise<void>) | null {
	const events = linesOf(answer);
	if (events) return () => writeLines(events, response);
	const { body } = answer;
	return body && isStream(answer) ? () => pour(body, response, signal) : null;
}

/** Faces that read a body by `readText`: what was read already need not be made a stream again. */
const byText = new Set<(request: Request) => Promise<Response>>([
	restHandler,
	openaiHandler,
	langgraphHandler,
	mcpHandler,
]);

/** Files are read as they come, and so is what does not say how long it is. */
const isSmall = ({ method, headers }: IncomingMessage): boolean =>
	method !== "GET" &&
	method !== "HEAD" &&
	Number(headers["content-length"]) <= smallBody &&
	!headers["content-type"]?.startsWith("application/octet-stream");

/** No more than was declared: the parser holds the sender to that. Throws where they leave in the middle. */
function readAll(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
	return new Promise((resolve, reject) => {
		const parts: Buffer[] = [];
		request.on("data", (part: Buffer) => parts.push(part));
		request.on("end", () => resolve(Buffer.concat(parts)));
		request.on("error", reject);
		request.on("close", () => reject(new Error("the sender left")));
	});
}

type Sent = { signal: AbortSignal; body: Buffer<ArrayBuffer> | undefined; isKept: boolean };

/** A request that nobody holds any more tells its own signal nothing: whoever holds the signal holds both. */
const alive = new WeakMap<AbortSignal, Request>();

function toRequest(asked: IncomingMessage, sent: Sent): Request {
	const request = madeOf(asked, sent);
	alive.set(request.signal, request);
	return request;
}

function madeOf(request: IncomingMessage, { signal, body, isKept }: Sent): Request {
	const { method = "GET", rawHeaders } = request;
	const headers = new Headers();
	for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
	// What a stranger claims here is not believed.
	headers.set("x-qd-address", callerAddress(request));
	const url = `http://${request.headers.host ?? "localhost"}${request.url}`;
	if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
	if (body) return keepBody(new Request(url, { method, headers, signal, body: isKept ? null : body }), body);
	// Not Readable.toWeb: when a body is given up, what still arrives ends the process there ("Controller is already closed").
	const stream = WebStream.from(request.iterator({ destroyOnReturn: false }));
	// Node's own types don't know that a body that streams has to say so.
	const init: object = { method, headers, signal, body: stream, duplex: "half" };
	return new Request(url, init);
}

/** Events, and the answers of a batch as they come. */
const isStream = ({ headers }: Response): boolean =>
	headers.has("transfer-encoding") || headers.get("content-type")?.startsWith("text/event-stream") === true;

async function pour(body: ReadableStream<Uint8Array>, response: ServerResponse, signal: AbortSignal): Promise<void> {
	response.flushHeaders();
	const reader = body.getReader();
	const leave = () => void reader.cancel().catch(() => {});
	signal.addEventListener("abort", leave, { once: true });
	if (signal.aborted) leave();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		if (!response.write(value)) await once(response, "drain", { signal });
	}
	response.end();
}
