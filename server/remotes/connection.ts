import { createHash } from "node:crypto";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
	type CallToolResult,
	CallToolResultSchema,
	ErrorCode,
	ListToolsResultSchema,
	McpError,
} from "@modelcontextprotocol/sdk/types.js";
import canonicalize from "canonicalize";
import packageJson from "@/package.json" with { type: "json" };
import { AppError } from "@/server/core/errors";
import { guardedFetch } from "@/server/core/fetch-guard";
import { cleanText } from "@/server/core/mask";

const timeoutMs = 15_000;
const mostBytes = 1024 * 1024;
const mostTools = 200;
const mostPages = 10;
const mostDescription = 4_000;
const mostSchemaBytes = 32 * 1024;

export type Target = { address: string; token: string | null; signal?: AbortSignal | undefined };
export type Definition = { name: string; description: string; inputSchema: Record<string, unknown>; hash: string };
export type Listing = { about: { name: string; version: string }; tools: Definition[]; skipped: number };

/** Every request through the guard: to the address that was checked, within limits, and no redirect is followed. */
async function fetchGuarded(url: string | URL, init: RequestInit = {}): Promise<Response> {
	const method = init.method ?? "GET";
	// A stream of the server's own would never end; every answer comes with its question.
	if (method !== "POST" && method !== "DELETE") return new Response(null, { status: 405 });
	const answer = await guardedFetch(String(url), {
		method,
		headers: Object.fromEntries(new Headers(init.headers)),
		...(typeof init.body === "string" ? { body: init.body } : {}),
		maxBytes: mostBytes,
		timeoutMs,
		signal: init.signal ?? undefined,
	});
	const { status } = answer;
	if (status >= 300 && status < 400)
		throw new AppError(
			"BAD_GATEWAY",
			"The server leads elsewhere. Enter the address that it leads to, if you trust it.",
		);
	const type = answer.headers["content-type"];
	const headers = new Headers(typeof type === "string" ? { "content-type": type } : {});
	const session = answer.headers["mcp-session-id"];
	if (typeof session === "string") headers.set("mcp-session-id", session);
	if (status < 200 || status > 599) throw new AppError("BAD_GATEWAY", `The server answered ${status}.`);
	const hasBody = status !== 204 && status !== 205;
	return new Response(hasBody ? new Uint8Array(answer.body) : null, { status, headers });
}

/** Opens a connection for `work` alone. What fails there is told in our words, with what the server said as a quotation. */
async function connected<T>(target: Target, work: (client: Client, signal: AbortSignal) => Promise<T>): Promise<T> {
	const limit = AbortSignal.timeout(timeoutMs);
	const signal = target.signal ? AbortSignal.any([target.signal, limit]) : limit;
	const transport = new StreamableHTTPClientTransport(new URL(target.address), {
		fetch: fetchGuarded,
		...(target.token ? { requestInit: { headers: { authorization: `Bearer ${target.token}` } } } : {}),
	});
	const client = new Client({ name: "quarterdeck", version: packageJson.version });
	try {
		// The SDK's own classes disagree about an optional property.
		await client.connect(transport as Parameters<Client["connect"]>[0], { signal, timeout: timeoutMs });
		return await work(client, signal);
	} catch (error) {
		throw toFailure(error, limit.aborted);
	} finally {
		await transport.terminateSession().catch(() => {});
		await client.close().catch(() => {});
	}
}

function toFailure(error: unknown, isLate: boolean): AppError {
	if (error instanceof AppError) return error;
	if (isLate || (error instanceof McpError && error.code === ErrorCode.RequestTimeout))
		return new AppError("TIMEOUT", "The server took too long to answer.", { cause: error });
	if (error instanceof StreamableHTTPError && (error.code === 401 || error.code === 403))
		return new AppError("BAD_GATEWAY", `The server answered ${error.code}: it wants another token.`, { cause: error });
	const said = error instanceof Error ? cleanText(error.message).slice(0, 300) : "";
	return new AppError("BAD_GATEWAY", `The server can't be used: “${said}”`, { cause: error });
}

/** Who the server is and what it offers. What can't be offered here is counted and left out. */
export const listTools = (target: Target): Promise<Listing> =>
	connected(target, async (client, signal) => {
		const found = await readDefinitions(client, signal);
		const tools = found.tools.filter((tool) => tool !== null);
		const about = client.getServerVersion();
		return {
			about: { name: plain(about?.name, 100), version: plain(about?.version, 40) },
			tools,
			skipped: found.tools.length - tools.length + found.beyond,
		};
	});

async function readDefinitions(client: Client, signal: AbortSignal) {
	const tools: (Definition | null)[] = [];
	const seen = new Set<string>();
	let cursor: string | undefined;
	for (let page = 0; page < mostPages; page++) {
		// Not client.listTools, which makes code of each schema that the server sends.
		const answer = await client.request(
			{ method: "tools/list", params: cursor ? { cursor } : {} },
			ListToolsResultSchema,
			{
				signal,
				timeout: timeoutMs,
			},
		);
		for (const tool of answer.tools) {
			const definition = seen.has(tool.name) ? null : readDefinition(tool);
			seen.add(tool.name);
			tools.push(definition);
		}
		cursor = answer.nextCursor;
		if (!cursor || tools.length >= mostTools) break;
	}
	return { tools: tools.slice(0, mostTools), beyond: Math.max(0, tools.length - mostTools) + (cursor ? 1 : 0) };
}

function readDefinition(tool: {
	name: string;
	description?: string | undefined;
	inputSchema: object;
}): Definition | null {
	if (!/^[A-Za-z0-9_.-]{1,42}$/.test(tool.name)) return null;
	const text = canonical(tool.inputSchema);
	if (text === null || Buffer.byteLength(text) > mostSchemaBytes) return null;
	// A foreign $ref would be somebody's reason to fetch it.
	if (/"\$(ref|dynamicRef)":"(?!#)/.test(text)) return null;
	const { name } = tool;
	// All of the description counts, also what is too long to be kept.
	const hash = createHash("sha256")
		.update(JSON.stringify([name, tool.description ?? "", text]))
		.digest("hex");
	return { name, description: plain(tool.description, mostDescription), inputSchema: JSON.parse(text), hash };
}

function canonical(schema: object): string | null {
	try {
		return canonicalize(JSON.parse(JSON.stringify(schema).replaceAll("\\u0000", ""))) ?? null;
	} catch {
		return null;
	}
}

/** A stranger's words, without what hides or turns text. */
const plain = (text: string | undefined, most: number): string =>
	cleanText(text ?? "")
		.replace(/[^\P{C}\n\t]/gu, "")
		.slice(0, most)
		.toWellFormed();

/** Calls a tool, if it is still the one with this definition; null where it is another by now. */
export const callTool = (
	target: Target,
	tool: { name: string; hash: string },
	input: Record<string, unknown>,
): Promise<CallToolResult | null> =>
	connected(target, async (client, signal) => {
		const { tools } = await readDefinitions(client, signal);
		if (tools.find((one) => one?.name === tool.name)?.hash !== tool.hash) return null;
		return client.request(
			{ method: "tools/call", params: { name: tool.name, arguments: input } },
			CallToolResultSchema,
			{
				signal,
				timeout: timeoutMs,
			},
		);
	});
