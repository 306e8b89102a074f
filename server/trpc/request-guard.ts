import { bringsCredential } from "@/server/auth/credential";
import type { Actor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { tryAuditDenial } from "@/server/core/denials";
import { AppError } from "@/server/core/errors";
import { ownOrigin } from "@/server/core/own-origin";

/** Most bytes of a JSON body. Files go as raw bodies, whose own limit the file store keeps. */
const maxJsonBytes = 1024 * 1024;
/** How much of a body that is too large is read and thrown away, so that the answer still arrives. */
const maxDrainBytes = 64 * 1024 * 1024;

const types = ["application/json", "application/octet-stream"];

/** What is known of a request at its door. Who its cookie names is asked only where it is refused. */
export type AtDoor = Pick<ServiceContext, "db" | "requestId" | "via" | "origin"> & { identify?: () => Promise<Actor> };

/** Refuses whatever a foreign page could make a browser send with our cookie, and what is neither JSON nor a file. */
export async function checkOrigin(request: Request, door: AtDoor): Promise<void> {
	await checkSite(request, door);
	if (request.method === "GET") return;
	const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
	if (!types.includes(type)) throw new AppError("UNSUPPORTED", `Send ${types.join(" or ")}.`);
}

/** Refuses whatever a foreign page could make a browser send with our cookie. A token or key is added by no browser. */
export async function checkSite(request: Request, door: AtDoor): Promise<void> {
	if (bringsCredential(request.headers)) return;
	if (isForeign(request) || (!isReading(request) && request.headers.get("x-qd-csrf") !== "1"))
		throw await refused(request, door);
}

/** Refuses a change that a foreign page made a browser send; a form of our own has no header to add. */
export async function checkSender(request: Request, door: AtDoor): Promise<void> {
	if (!isReading(request) && isForeign(request)) throw await refused(request, door);
}

/** Refuses what a page of another site sends, where a browser sends nothing of ours along. */
export async function checkPage({ method, url, headers }: Request, door: AtDoor): Promise<void> {
	const site = headers.get("sec-fetch-site");
	if (site === null || site === "same-origin" || site === "none") return;
	throw await refused({ method, url }, door);
}

const isReading = ({ method }: Request) => method === "GET" || method === "HEAD";

function isForeign(request: Request): boolean {
	const site = request.headers.get("sec-fetch-site");
	if (isReading(request)) return site !== null && site !== "same-origin" && site !== "none";
	const origin = request.headers.get("origin");
	if (site !== null && site !== "same-origin") return true;
	return origin === null ? site === null : origin !== ownOrigin(request.headers.get("host"));
}

/** Written down with whose cookie it came, but never with what was sent. */
async function refused({ method, url }: Pick<Request, "method" | "url">, door: AtDoor): Promise<AppError> {
	const nobody: Actor = { kind: "anonymous" };
	const actor = (await door.identify?.().catch(() => nobody)) ?? nobody;
	const ctx = { db: door.db, requestId: door.requestId, via: door.via, origin: door.origin, actor };
	await tryAuditDenial(ctx, {
		action: "call.foreign",
		resource: "call",
		resourceId: `${method} ${new URL(url).pathname.slice(0, 200)}`,
		reason: "The call came from another site",
		detail: { problem: "FORBIDDEN" },
	});
	return new AppError(
		"FORBIDDEN",
		"This call came from another site. Send it from the console, or with its Origin and the header x-qd-csrf: 1.",
	);
}

/** Bodies that our own door has read as a whole: a body that streams costs as much as a small query. */
const whole = new WeakMap<Request, Uint8Array>();
/** The longest of those, in bytes. */
export const smallBody = 64 * 1024;

/** Keeps a body of no more than `smallBody` beside its request, which needs none then where a face reads by `readText`. */
export function keepBody(request: Request, body: Uint8Array): Request {
	whole.set(request, body);
	return request;
}

const decoder = new TextDecoder();

/** The body as text; "" where there is none. Throws TOO_LARGE. */
export async function readText(request: Request): Promise<string> {
	const known = whole.get(request);
	if (known) return decoder.decode(known);
	return request.body ? (await limitBody(request)).text() : "";
}

/** The same request, which ends with TOO_LARGE where its JSON body passes the limit. */
export async function limitBody(request: Request): Promise<Request> {
	if (whole.has(request)) return request;
	if (!request.body || request.headers.get("content-type")?.startsWith("application/octet-stream")) return request;
	const reader = request.body.getReader();
	const parts: Uint8Array[] = [];
	let size = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.byteLength;
		if (size <= maxJsonBytes) parts.push(value);
		if (size > maxDrainBytes) {
			await reader.cancel();
			break;
		}
	}
	if (size > maxJsonBytes)
		throw new AppError(
			"TOO_LARGE",
			"This is more than 1 MB. Put long texts into a collection as a file and ask about them.",
		);
	return new Request(request.url, {
		method: request.method,
		headers: request.headers,
		body: Buffer.concat(parts),
		signal: request.signal,
	});
}
