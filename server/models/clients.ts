import { createHash } from "node:crypto";
import { type Agent, fetch as poolFetch } from "undici";
import { keepTracingOurs } from "@/server/core/env";
import { guardedAgent } from "@/server/core/fetch-guard";
import { anthropicProvider } from "./anthropic";
import { ModelFailure } from "./model";
import type { Endpoint } from "./openai";
import type { CallLimits, Provider } from "./provider";

/** Where models are asked, as a call needs it. The key is unsealed for the client alone. */
export type Target = {
	id: string;
	kind: "openai" | "anthropic";
	address: string;
	key: string | undefined;
	/** Null: as many as come. */
	concurrency: number | null;
	limits: CallLimits;
	/** Whether a person entered the address: then every connection is checked. */
	isGuarded: boolean;
};
export type Client = { provider: (model: string) => Provider; slots: Slots };

const longestBodyBytes = 16 * 1024 * 1024;
const mostClients = 100;
type Held = { client: Client; agent: Agent | null };
const clients = new Map<string, Held>();

/** The one client of a connection in this process; what a changed one had is let go. */
export function clientOf(target: Target): Client {
	// Its key is a part of what tells it apart, and is kept nowhere by itself.
	const facts = JSON.stringify([target.kind, target.address, target.key ?? null, target.concurrency, target.isGuarded]);
	const mark = `${target.id} ${createHash("sha256").update(facts).digest("hex")}`;
	const held = clients.get(mark);
	if (held) return held.client;
	for (const [other, { agent }] of clients)
		if (other.startsWith(`${target.id} `) || clients.size >= mostClients) {
			clients.delete(other);
			// What goes on comes to its end.
			void agent?.close().catch(() => {});
		}
	const agent = target.isGuarded ? guardedAgent(target.concurrency ?? 64) : null;
	const client: Client = { provider: keptProviders(target, agent), slots: new Slots(target.concurrency) };
	clients.set(mark, { client, agent });
	return client;
}

function keptProviders(target: Target, agent: Agent | null): (model: string) => Provider {
	const providers = new Map<string, Provider>();
	const make = { openai: laterOpenai, anthropic: anthropicProvider }[target.kind];
	return (model) => {
		const known = providers.get(model);
		if (known) return known;
		const endpoint: Endpoint = { url: target.address, key: target.key, model };
		const provider = make(agent ? { ...endpoint, fetch: fetchThrough(agent) } : endpoint);
		providers.set(model, provider);
		return provider;
	};
}

/** Loaded where it is wanted: it brings a library that weighs tens of megabytes. */
export const loadOpenai = () => {
	keepTracingOurs();
	return import("./openai");
};

function laterOpenai(endpoint: Endpoint): Provider {
	let loaded: Provider | null = null;
	return {
		async *listen(asked, attempt) {
			loaded ??= (await loadOpenai()).openaiProvider(endpoint);
			return yield* loaded.listen(asked, attempt);
		},
	};
}

/** Through the connection's own pool: no redirect is followed, and no answer is longer than any answer can be. */
function fetchThrough(agent: Agent): typeof fetch {
	return async (url, init = {}) => {
		const answer = await poolFetch(...toPool(url, init, agent));
		const { status, body } = answer;
		const headers = new Headers([...answer.headers]);
		const isEmpty = status === 204 || status === 205 || status === 304 || body === null;
		return new Response(isEmpty ? null : limited(body.getReader()), { status, headers });
	};
}

// The same web standard in two packages' types, which don't know of each other.
function toPool(url: unknown, init: object, dispatcher: Agent): Parameters<typeof poolFetch> {
	return [url, { ...init, dispatcher, redirect: "manual" }] as Parameters<typeof poolFetch>;
}

type ByteReader = {
	read: () => Promise<{ done: boolean; value?: unknown }>;
	cancel: (why: unknown) => Promise<void>;
};

/** The same bytes, and an end to them where no answer has so many. */
function limited(body: ByteReader): ReadableStream<Uint8Array<ArrayBuffer>> {
	let size = 0;
	return new ReadableStream(
		{
			pull: async (controller) => {
				const { done, value } = await body.read();
				if (done) return controller.close();
				if (!(value instanceof Uint8Array && value.buffer instanceof ArrayBuffer)) throw new TypeError("not bytes");
				size += value.length;
				if (size <= longestBodyBytes) return controller.enqueue(value as Uint8Array<ArrayBuffer>);
				const why = new ModelFailure("The model's answer did not come to an end.", { reason: "endless" });
				await body.cancel(why).catch(() => {});
				throw why;
			},
			cancel: (why) => body.cancel(why),
		},
		{ highWaterMark: 0 },
	);
}

/** How many calls of a connection go on at once in this process; who comes then waits for a place. */
export class Slots {
	private taken = 0;
	private readonly waiting: (() => void)[] = [];
	constructor(private readonly most: number | null) {}

	/** Resolves with what gives the place back. Throws where none becomes free in time, or the signal's reason. */
	async take(signal: AbortSignal, longestMs: number): Promise<() => void> {
		if (this.most !== null && this.taken >= this.most) await this.wait(signal, longestMs);
		else this.taken += 1;
		let isMine = true;
		return () => {
			if (!isMine) return;
			isMine = false;
			const next = this.waiting.shift();
			// The place goes from hand to hand.
			if (next) next();
			else this.taken -= 1;
		};
	}

	private wait(signal: AbortSignal, longestMs: number): Promise<void> {
		return new Promise((resolve, reject) => {
			const leave = (why: unknown) => {
				const at = this.waiting.indexOf(come);
				if (at >= 0) this.waiting.splice(at, 1);
				done();
				reject(why);
			};
			const late = () =>
				leave(new ModelFailure("Too many questions wait for this model's connection.", { reason: "busy" }));
			const gone = () => leave(signal.reason);
			const timer = setTimeout(late, longestMs);
			const done = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", gone);
			};
			const come = () => {
				done();
				resolve();
			};
			if (signal.aborted) return leave(signal.reason);
			signal.addEventListener("abort", gone, { once: true });
			this.waiting.push(come);
		});
	}
}
