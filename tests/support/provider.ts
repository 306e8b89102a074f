import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What the stand-in does with one request. Nothing set: an answer at once that quotes the first passage and cites it. */
export type Behaviour = {
	/** The whole answer; left out: words of the first passage. */
	text?: string;
	/** Tokens of the answer made from the passage. */
	tokens?: number;
	/** Between two tokens; 0 is as fast as the wire takes them. */
	intervalMs?: number;
	firstTokenMs?: number;
	/**
	 * `cut` drops the connection half-way, `half` ends the body in good order half-way, `stall` stops there and keeps the
	 * line open, `silent` never says anything, `garbage` is no JSON, `garbage-mid` turns into it half-way, `endless` goes on with
	 * words for ever.
	 */
	fault?:
		| "500"
		| "429"
		| "400"
		| "401"
		| "404"
		| "endless"
		| "garbage"
		| "garbage-mid"
		| "cut"
		| "half"
		| "stall"
		| "silent"
		| "refuse";
	retryAfterSeconds?: number;
	finishReason?: string;
	/** A text as arguments goes out as it is, whatever it holds. */
	toolCalls?: { name: string; arguments: unknown }[];
	/** What it says that it took, in place of the truth; null: nothing. */
	usage?: Record<string, unknown> | null;
	/** Likelihood of each of its tokens, where it is asked for that. */
	likelihood?: number;
};

type ChatRequest = {
	model: string;
	stream?: boolean;
	stream_options?: { include_usage?: boolean };
	logprobs?: boolean;
	messages: { role: string; content: string | { text?: string }[] }[];
	/** Anthropic's word for what a system message says. */
	system?: string;
};
export type SeenRequest = {
	body: ChatRequest;
	/** The header `authorization`, or Anthropic's `x-api-key`. */
	authorization: string | undefined;
	path: string;
	at: number;
	behaviour: Behaviour;
	/** The caller hung up before the end. */
	wasAborted: boolean;
};
export type Provider = {
	/** The base address to configure, with `/v1`. */
	url: string;
	port: number;
	/** Every chat request so far, oldest first. */
	seen: SeenRequest[];
	/** How many connections were ever made to it. */
	connections: () => number;
	/** What the next requests get, one each; after that the default again. */
	next: (...behaviours: Behaviour[]) => void;
	/** What requests get otherwise. */
	usually: (behaviour: Behaviour) => void;
	/** What requests get that say this anywhere, or ask the model of this name; the newest such word wins. */
	when: (has: string, behaviour: Behaviour | (() => Behaviour)) => void;
	/** Back to the default for all. */
	forget: () => void;
	stop: () => Promise<void>;
};

/**
 * A model provider that speaks the OpenAI HTTP API: chat completions (streamed and whole, usage, tool calls), embeddings,
 * models. A test tells it what to do by `next`, by `POST /script {"next": [...], "usually": {...}}`, `when` by words that a request has, or inside a question:
 * `{{"tokens": 200, "intervalMs": 10}}`.
 */
export async function startProvider(port = 0): Promise<Provider> {
	const seen: SeenRequest[] = [];
	const queue: Behaviour[] = [];
	let usual: Behaviour = {};
	let known: { has: string; behaviour: Behaviour | (() => Behaviour) }[] = [];

	const server = createServer(async (request, response) => {
		const body: unknown = JSON.parse((await bodyOf(request)) || "{}");
		const path = new URL(request.url ?? "/", "http://provider").pathname;
		if (path === "/script") {
			const script = body as { next?: Behaviour[]; usually?: Behaviour; when?: typeof known };
			known.push(...(script.when ?? []));
			queue.push(...(script.next ?? []));
			usual = script.usually ?? usual;
			return json(response, 200, { seen: seen.length });
		}
		if (path === "/v1/models")
			return json(response, 200, { object: "list", data: [{ id: "stand-in", object: "model" }] });
		if (path === "/v1/embeddings") return json(response, 200, embeddings(body as { input: string | string[] }));
		if (path !== "/v1/chat/completions" && path !== "/v1/messages")
			return json(response, 404, { error: { message: "No such path" } });
		const chat = body as ChatRequest;
		const said = `${chat.model}\n${textOf(chat)}`;
		const fitting = known.findLast(({ has }) => said.includes(has))?.behaviour;
		const set = typeof fitting === "function" ? fitting() : fitting;
		const behaviour = inQuestion(chat) ?? set ?? queue.shift() ?? usual;
		const entry: SeenRequest = {
			body: chat,
			authorization: request.headers.authorization ?? request.headers["x-api-key"]?.toString(),
			path,
			at: performance.now(),
			behaviour,
			wasAborted: false,
		};
		seen.push(entry);
		response.on("close", () => {
			entry.wasAborted = !response.writableFinished;
		});
		if (path === "/v1/messages") answerMessages(chat, behaviour, response);
		else answer(chat, behaviour, response);
	});
	server.keepAliveTimeout = 60_000;
	let connections = 0;
	server.on("connection", () => {
		connections += 1;
	});
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	const address = server.address();
	const bound = address && typeof address === "object" ? address.port : port;
	return {
		url: `http://127.0.0.1:${bound}/v1`,
		port: bound,
		seen,
		connections: () => connections,
		next: (...behaviours) => queue.push(...behaviours),
		usually: (behaviour) => {
			usual = behaviour;
		},
		when: (has, behaviour) => {
			known.push({ has, behaviour });
		},
		forget: () => {
			known = [];
			queue.length = 0;
			usual = {};
		},
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Whether it did what it does instead of an answer. */
function failed({ fault, retryAfterSeconds: wait }: Behaviour, response: ServerResponse): boolean {
	if (fault === "silent") return true;
	if (fault === "refuse") response.destroy();
	else if (fault === "garbage") response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome</html>");
	else if (fault && /^\d+$/.test(fault)) {
		if (wait !== undefined) response.setHeader("retry-after", String(wait));
		json(response, Number(fault), { error: { message: `The stand-in says ${fault}`, type: "stand_in" } });
	} else return false;
	return true;
}

const asText = (args: unknown): string => (typeof args === "string" ? args : JSON.stringify(args));

/** The same in Anthropic's words. */
function answerMessages(chat: ChatRequest, behaviour: Behaviour, response: ServerResponse): void {
	if (failed(behaviour, response)) return;
	const tokens = tokensOf(chat, behaviour);
	const usage = { input_tokens: Math.ceil(textOf(chat).length / 4), output_tokens: tokens.length, ...behaviour.usage };
	const event = (type: string, fields: object = {}) =>
		`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
	const words = tokens.map((text) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }));
	const calls = (behaviour.toolCalls ?? []).flatMap(({ name, arguments: args }, at) => [
		event("content_block_start", {
			index: at + 1,
			content_block: { type: "tool_use", id: `toolu_${at}`, name, input: {} },
		}),
		...(asText(args).match(/[\s\S]{1,12}/g) ?? []).map((partial_json) =>
			event("content_block_delta", { index: at + 1, delta: { type: "input_json_delta", partial_json } }),
		),
		event("content_block_stop", { index: at + 1 }),
	]);
	const stop_reason = behaviour.finishReason ?? (calls.length > 0 ? "tool_use" : "end_turn");
	const { output_tokens, ...input } = usage;
	const told = behaviour.usage === null ? {} : { usage: { ...input, output_tokens: 0 } };
	const lines = [
		event("message_start", { message: { id: "msg_1", role: "assistant", ...told } }),
		event("ping"),
		...words,
		...calls,
		event("message_delta", {
			delta: { stop_reason },
			...(behaviour.usage === null ? {} : { usage: { output_tokens } }),
		}),
		event("message_stop"),
	];
	stream(response, lines, behaviour, 2 + Math.ceil(tokens.length / 2));
}

function answer(chat: ChatRequest, behaviour: Behaviour, response: ServerResponse): void {
	if (failed(behaviour, response)) return;
	const tokens = tokensOf(chat, behaviour);
	const asked = Math.ceil(textOf(chat).length / 4);
	const usage = {
		prompt_tokens: asked,
		completion_tokens: tokens.length,
		total_tokens: asked + tokens.length,
		...behaviour.usage,
	};
	const head = { id: "chatcmpl-1", created: 1_700_000_000, model: chat.model };
	const finish = behaviour.finishReason ?? (behaviour.toolCalls ? "tool_calls" : "stop");
	const toolCalls = behaviour.toolCalls?.map(({ name, arguments: args }, index) => ({
		index,
		id: `call_${index}`,
		type: "function",
		function: { name, arguments: asText(args) },
	}));
	if (!chat.stream) {
		const message = { role: "assistant", content: tokens.join(""), ...(toolCalls ? { tool_calls: toolCalls } : {}) };
		const choices = [{ index: 0, message, finish_reason: finish }];
		json(response, 200, { ...head, object: "chat.completion", choices, usage });
		return;
	}
	const line = (fields: object) =>
		`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [], ...fields })}\n\n`;
	const weighed =
		chat.logprobs && behaviour.likelihood !== undefined
			? { logprobs: { content: [{ token: "", logprob: Math.log(behaviour.likelihood), top_logprobs: [] }] } }
			: {};
	const delta = (content: object, reason: string | null = null) =>
		line({ choices: [{ index: 0, delta: content, finish_reason: reason, ...(reason ? {} : weighed) }] });
	const lines = tokens.map((token, index) =>
		delta(index === 0 ? { role: "assistant", content: token } : { content: token }),
	);
	// The first piece says who speaks, whatever it is.
	if (toolCalls) lines.push(delta({ ...(lines.length === 0 ? { role: "assistant" } : {}), tool_calls: toolCalls }));
	lines.push(delta({}, finish));
	if (chat.stream_options?.include_usage && behaviour.usage !== null) lines.push(line({ usage }));
	lines.push("data: [DONE]\n\n");
	stream(response, lines, behaviour, Math.ceil(tokens.length / 2));
}

/** `middle` is the line before which a fault strikes. */
function stream(response: ServerResponse, lines: string[], behaviour: Behaviour, middle: number): void {
	const { fault, firstTokenMs = 0 } = behaviour;
	// What never ends must let others have their turn.
	const intervalMs = Math.max(behaviour.intervalMs ?? 0, fault === "endless" ? 1 : 0);
	response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
	response.flushHeaders();
	let at = 0;
	const step = () => {
		for (; !response.destroyed; at += 1) {
			if (at === middle && fault === "stall") return;
			if (at === middle && fault === "cut") return void response.destroy();
			if (at === middle && fault === "half") return void response.end();
			if (at === middle && fault === "garbage-mid") return void response.end("data: {oops\n\n<html>");
			const line = fault === "endless" && at > middle ? lines[middle] : lines[at];
			if (line === undefined) return void response.end();
			response.write(line);
			if (intervalMs > 0) {
				at += 1;
				return void setTimeout(step, intervalMs);
			}
		}
	};
	if (firstTokenMs > 0) setTimeout(step, firstTokenMs);
	else step();
}

function tokensOf(chat: ChatRequest, behaviour: Behaviour): string[] {
	if (behaviour.text !== undefined) return behaviour.text.match(/\s*\S+\s*?/g) ?? [];
	const passage = /<passage n="1"[^>]*>([\s\S]*?)<\/passage>/.exec(textOf(chat))?.[1]?.trim() ?? "There is no passage.";
	const [sentence = passage] = /^[\s\S]{20,}?[.!?](?=\s|$)/.exec(passage) ?? [];
	const words = (behaviour.tokens ? passage : sentence).split(/\s+/);
	const count = behaviour.tokens ?? words.length + 1;
	const said = Array.from({ length: count - 1 }, (_, index) => `${words[index % words.length]} `);
	return [...said, "[1]."];
}

const textOf = (chat: ChatRequest): string =>
	[...(chat.system ? [{ content: chat.system }] : []), ...chat.messages]
		.map(({ content }) => (typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("")))
		.join("\n");

/** The newest question may carry the behaviour itself, so that a browser can ask for it. */
function inQuestion(chat: ChatRequest): Behaviour | null {
	const found = [
		...textOf({ ...chat, system: "", messages: chat.messages.slice(-1) }).matchAll(/\{(\{[^{}]*\})\}/g),
	].at(-1);
	return found?.[1] ? (JSON.parse(found[1].replaceAll("&quot;", '"')) as Behaviour) : null;
}

/** The same text has the same unit vector. */
function embeddings({ input }: { input: string | string[] }): object {
	const data = [input].flat().map((text, index) => {
		const raw = Array.from({ length: 16 }, (_, at) => ((text.charCodeAt(at % text.length) || 1) % 31) + 1);
		const length = Math.hypot(...raw);
		return { object: "embedding", index, embedding: raw.map((value) => value / length) };
	});
	return { object: "list", model: "stand-in", data, usage: { prompt_tokens: 1, total_tokens: 1 } };
}

function json(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part);
	return Buffer.concat(parts).toString();
}

// As a process of its own: `PORT=4010 node tests/support/provider.ts` prints the port that it took.
if (import.meta.main && import.meta.filename.endsWith("provider.ts")) {
	const provider = await startProvider(Number(process.env.PORT ?? 0));
	console.log(provider.port);
}
