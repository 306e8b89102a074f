import { bringsCredential } from "@/server/auth/credential";
import { AppError } from "@/server/core/errors";
import { ownOrigin } from "@/server/core/own-origin";

/** Most bytes of a JSON body. Files go as raw bodies, whose own limit the file store keeps. */
const maxJsonBytes = 1024 * 1024;
/** How much of a body that is too large is read and thrown away, so that the answer still arrives. */
const maxDrainBytes = 64 * 1024 * 1024;

const types = ["application/json", "application/octet-stream"];

/** Refuses whatever a foreign page could make a browser send with our cookie, and what is neither JSON nor a file. */
export function checkOrigin(request: Request): void {
	checkSite(request);
	if (request.method === "GET") return;
	const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
	if (!types.includes(type)) throw new AppError("UNSUPPORTED", `Send ${types.join(" or ")}.`);
}

/** Refuses whatever a foreign page could make a browser send with our cookie. A token or key is added by no browser. */
export function checkSite(request: Request): void {
	if (bringsCredential(request.headers)) return;
	const site = request.headers.get("sec-fetch-site");
	const isRead = isReading(request);
	if (site !== null && site !== "same-origin" && !(isRead && site === "none")) throw refused();
	if (isRead) return;
	checkSender(request);
	if (request.headers.get("x-qd-csrf") !== "1") throw refused();
}

const isReading = ({ method }: Request) => method === "GET" || method === "HEAD";

/** Refuses a change that a foreign page made a browser send; a form of our own has no header to add. */
export function checkSender(request: Request): void {
	if (isReading(request)) return;
	const site = request.headers.get("sec-fetch-site");
	const origin = request.headers.get("origin");
	if (site !== null && site !== "same-origin") throw refused();
	if (origin !== null && origin !== ownOrigin(request.headers.get("host"))) throw refused();
	if (origin === null && site === null) throw refused();
}

const refused = () =>
	new AppError(
		"FORBIDDEN",
		"This call came from another site. Send it from the console, or with its Origin and the header x-qd-csrf: 1.",
	);

/** The same request, which ends with TOO_LARGE where its JSON body passes the limit. */
export async function limitBody(request: Request): Promise<Request> {
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
