import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector, type Dispatcher, errors, request } from "undici";
import { env } from "../env";
import { AppError } from "../errors";
import { mayReach } from "./addresses";

export type Resolve = (host: string) => Promise<string[]>;
export type GuardPolicy = {
	/** Whether calls may go into this machine and its private networks. */
	isPrivateAllowed: boolean;
	/** Every address of a name. */
	resolve: Resolve;
};
export type GuardedRequest = {
	method?: "GET" | "POST" | "DELETE";
	headers?: Record<string, string>;
	body?: string | Uint8Array;
	/** Most bytes of an answer. */
	maxBytes?: number;
	/** Longest for all of it, in ms. */
	timeoutMs?: number;
	signal?: AbortSignal | undefined;
};
/** A redirect is an answer like another: it is never followed. */
export type GuardedAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

const defaultMaxBytes = 10 * 1024 * 1024;
const defaultTimeoutMs = 15_000;

export const ownPolicy = (): GuardPolicy => ({
	isPrivateAllowed: env().QD_PRIVATE_NETWORKS === "allowed",
	resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
});

const refused = (why: string) => new AppError("INVALID_INPUT", `This address can't be used: ${why}.`);

/** The address as it will be called, or why it may not be: also for the moment it is saved. Asks the name service. */
export async function checkAddress(text: string, policy: GuardPolicy = ownPolicy()): Promise<URL> {
	const url = parseAddress(text, policy);
	await addressesOf(url, policy);
	return url;
}

/** Parsed once: what is checked is what is called. */
function parseAddress(text: string, { isPrivateAllowed }: GuardPolicy): URL {
	const url = URL.parse(text);
	if (!url) throw refused("it is not a web address such as https://example.org/hook");
	if (url.protocol !== "https:" && url.protocol !== "http:") throw refused("it must begin with https:// or http://");
	if (url.username || url.password) throw refused("it holds a name or password; leave them out");
	if (!isPrivateAllowed && url.port) throw refused("only the usual ports 80 and 443 are called");
	if (isOwn(url)) throw refused("it leads to this installation itself");
	return url;
}

function isOwn(url: URL): boolean {
	const { QD_URL, PORT } = env();
	const own = [QD_URL, `http://localhost:${PORT}`, `http://127.0.0.1:${PORT}`, `http://[::1]:${PORT}`];
	return own.some((one) => one && URL.parse(one)?.host === url.host);
}

/** All of a name's addresses; one that may not be reached condemns the name. */
async function addressesOf(url: URL, { isPrivateAllowed, resolve }: GuardPolicy): Promise<string[]> {
	const host = url.hostname.replace(/^\[|\]$/g, "");
	const found = isIP(host) ? [host] : await resolve(host).catch(() => []);
	if (found.length === 0) throw refused("its name is not known to the name service");
	if (!found.every((address) => mayReach(address, isPrivateAllowed)))
		throw refused("it leads into a private network or this machine");
	return found;
}

/** A call to an address that a person entered: checked, to exactly the addresses that were checked, and within limits. */
export async function guardedFetch(
	text: string,
	{ maxBytes = defaultMaxBytes, timeoutMs = defaultTimeoutMs, ...call }: GuardedRequest = {},
	policy: GuardPolicy = ownPolicy(),
): Promise<GuardedAnswer> {
	const limit = AbortSignal.timeout(timeoutMs);
	const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
	const url = parseAddress(text, policy);
	const agent = pinnedAgent(await addressesOf(url, policy), policy, timeoutMs);
	try {
		const answer = await request(url, {
			dispatcher: agent,
			signal,
			method: call.method ?? "GET",
			// Nothing is unpacked here, so that nothing small can become large.
			headers: { ...call.headers, "accept-encoding": "identity" },
			body: call.body ?? null,
			headersTimeout: timeoutMs,
			bodyTimeout: timeoutMs,
		});
		return { status: answer.statusCode, headers: answer.headers, body: await readBody(answer, maxBytes) };
	} catch (error) {
		throw toAppError(error, url, limit.aborted);
	} finally {
		// Not `close`, which would wait for a body that nobody reads.
		await agent.destroy();
	}
}

/** Connects to these addresses whatever the name service says by then, and to none that may not be reached. */
function pinnedAgent(addresses: string[], { isPrivateAllowed }: GuardPolicy, timeout: number): Agent {
	const all = addresses.map((address) => ({ address, family: isIP(address) }));
	const pinned: LookupFunction = (_host, options, answer) => {
		if (options.all) answer(null, all);
		else answer(null, all[0]?.address ?? "", all[0]?.family);
	};
	const connect = buildConnector({ lookup: pinned, timeout });
	return new Agent({
		pipelining: 0,
		connect: (options, answer) =>
			connect(options, (...result) => {
				const [, socket] = result;
				if (!socket || mayReach(socket.remoteAddress ?? "::", isPrivateAllowed)) return answer(...result);
				socket.destroy();
				answer(new Error("The connection led elsewhere"), null);
			}),
	});
}

/**
 * Connections to addresses that a person entered, kept for the next call: each is checked when it is made, as a single call is.
 * `pool` is the most of them at once.
 */
export function guardedAgent(pool: number, policy: GuardPolicy = ownPolicy()): Agent {
	const { isPrivateAllowed, resolve } = policy;
	const checked: LookupFunction = (host, options, answer) => {
		resolve(host).then(
			(found) => {
				const all = found.map((address) => ({ address, family: isIP(address) }));
				const isFine = found.length > 0 && found.every((address) => mayReach(address, isPrivateAllowed));
				if (!isFine) answer(new Error("This name leads nowhere, or where nothing may be called"), []);
				else if (options.all) answer(null, all);
				else answer(null, all[0]?.address ?? "", all[0]?.family);
			},
			(error: Error) => answer(error, []),
		);
	};
	const connect = buildConnector({ lookup: checked, timeout: 10_000 });
	return new Agent({
		// None would close each connection after its answer.
		pipelining: 1,
		connections: pool,
		keepAliveTimeout: 30_000,
		// How long an answer may take is its caller's to say.
		headersTimeout: 0,
		bodyTimeout: 0,
		connect: (options, answer) => {
			const host = options.hostname.replace(/^\[|\]$/g, "");
			if (isIP(host) && !mayReach(host, isPrivateAllowed))
				return answer(new Error("This address leads where nothing may be called"), null);
			connect(options, (...result) => {
				const [, socket] = result;
				if (!socket || mayReach(socket.remoteAddress ?? "::", isPrivateAllowed)) return answer(...result);
				socket.destroy();
				answer(new Error("The connection led elsewhere"), null);
			});
		},
	});
}

async function readBody({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
	const encoding = headers["content-encoding"];
	if (encoding !== undefined && encoding !== "identity") {
		// Giving it up is an error of the body, which nobody else hears.
		body.on("error", () => {}).destroy();
		throw new AppError("BAD_GATEWAY", "The other side answered with packed bytes, which were not asked for.");
	}
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of body) {
		size += part.length;
		if (size > maxBytes) throw new AppError("BAD_GATEWAY", `The other side answered with more than ${maxBytes} bytes.`);
		parts.push(part);
	}
	return Buffer.concat(parts);
}

function toAppError(error: unknown, { host }: URL, isLate: boolean): AppError {
	if (error instanceof AppError) return error;
	const isSlow = isLate || error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
	if (isSlow || error instanceof errors.ConnectTimeoutError)
		return new AppError("TIMEOUT", `${host} took too long to answer.`, { cause: error });
	return new AppError("BAD_GATEWAY", `${host} can't be reached, or broke off the connection.`, { cause: error });
}
