import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import next from "next";
import { callerAddress } from "@/server/core/address";
import { writeCallers } from "@/server/core/callers";
import { writeCounts } from "@/server/core/denials";
import { env } from "@/server/core/env";
import { protectPage } from "@/server/core/safe-headers";
import { stopEmbedding } from "@/server/knowledge/embedding";
import { answerRpc, isRpc } from "@/server/trpc/node-door";
import { keepCompiled, onStop, tell } from "./child";
import { portProblem } from "./ports";

/** Longest to receive a request, in ms: its head, all of it, all of a file. */
const headersTimeout = 10_000;
const requestTimeout = 30_000;
const uploadTimeout = 600_000;
const drainMs = 5_000;

const app = next({ dev: false, dir: process.cwd(), hostname: env().QD_HOST, port: env().PORT });
await app.prepare();
const handle = app.getRequestHandler();
const open = new Set<ServerResponse>();

const server = createServer(
	{
		maxHeaderSize: 16 * 1024,
		headersTimeout,
		// Node knows one limit for all; the shorter one for what is no file is kept below.
		requestTimeout: uploadTimeout,
		connectionsCheckingInterval: 2_000,
		keepAliveTimeout: 15_000,
	},
	(request, response) => {
		open.add(response);
		response.on("close", () => open.delete(response));
		limitReceiving(request, response);
		if (isRpc(request)) return void answerRpc(request, response);
		protectPage(request, response);
		// Next would take it for a fault of its own.
		if (!isWellEscaped(request.url)) return void response.writeHead(400).end("Bad request\n");
		request.headers["x-qd-address"] = callerAddress(request);
		handle(request, response).catch(() => response.destroy());
	},
);
server.maxConnections = 10_000;

function isWellEscaped(url = ""): boolean {
	try {
		return decodeURI(url.split("?")[0] ?? "") !== null;
	} catch {
		return false;
	}
}

/** A body that trickles in would hold its connection for ever. A stream of answers is not touched: its request is complete. */
function limitReceiving(request: IncomingMessage, response: ServerResponse): void {
	if (request.method === "GET" || request.headers["content-type"]?.startsWith("application/octet-stream")) return;
	const timer = setTimeout(() => {
		if (request.complete) return;
		if (!response.headersSent) response.writeHead(408, { connection: "close" }).end();
		request.destroy();
	}, requestTimeout);
	timer.unref();
	request.on("close", () => clearTimeout(timer));
}

server.on("error", async (error: NodeJS.ErrnoException) => {
	await tell({ kind: "problem", message: portProblem(error.code ?? error.message, env().QD_HOST, env().PORT).message });
	process.exit(1);
});
server.listen(env().PORT, env().QD_HOST, () => void tell({ kind: "listening" }));
keepCompiled();

onStop(async (why) => {
	server.close();
	server.closeIdleConnections();
	// A stream has no end of its own; its reader comes back and goes on where it was.
	for (const response of open) if (isStream(response)) response.destroy();
	const deadline = Date.now() + (why === "asked" ? drainMs : 0);
	while (open.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
	await Promise.all([writeCounts(), writeCallers(), stopEmbedding()]);
	server.closeAllConnections();
});

const isStream = (response: ServerResponse): boolean =>
	String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");
