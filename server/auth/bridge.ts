import NextAuth, { type AuthOptions } from "next-auth";
import { ownOrigin } from "@/server/core/own-origin";

type Body = Record<string, unknown>;

/** What next-auth reads of a request, and what it may know: never where a header says that we are. */
async function read(request: Request, query: Record<string, string>) {
	const own = new URL(ownOrigin(request.headers.get("host")));
	const headers = Object.fromEntries(request.headers);
	const nextauth = new URL(request.url).pathname.split("/").slice(3);
	return {
		method: request.method,
		headers: { ...headers, "x-forwarded-host": own.host, "x-forwarded-proto": own.protocol.slice(0, -1) },
		cookies: cookiesOf(request.headers.get("cookie") ?? ""),
		query: { ...query, nextauth },
		body: await bodyOf(request),
	};
}

const cookiesOf = (header: string): Record<string, string> =>
	Object.fromEntries(
		header.split(";").flatMap((part) => {
			const at = part.indexOf("=");
			return at > 0 ? [[part.slice(0, at).trim(), unescaped(part.slice(at + 1).trim())]] : [];
		}),
	);

function unescaped(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

async function bodyOf(request: Request): Promise<Body | undefined> {
	if (request.method !== "POST") return undefined;
	const type = request.headers.get("content-type") ?? "";
	if (type.includes("application/x-www-form-urlencoded"))
		return Object.fromEntries(new URLSearchParams(await request.text()));
	if (!type.includes("application/json")) return undefined;
	const body: unknown = await request.json().catch(() => undefined);
	return typeof body === "object" && body !== null ? { ...body } : undefined;
}

/** Collects what next-auth says into a Response. */
function collect() {
	const headers = new Headers();
	let status = 200;
	let body: string | null = null;
	const response = {
		status: (code: number) => {
			status = code;
			return response;
		},
		getHeader: (name: string) => (name.toLowerCase() === "set-cookie" ? headers.getSetCookie() : headers.get(name)),
		setHeader: (name: string, value: string | string[]) => {
			headers.delete(name);
			for (const one of [value].flat()) headers.append(name, one);
			return response;
		},
		json: (value: unknown) => {
			headers.set("content-type", "application/json");
			body = JSON.stringify(value);
		},
		send: (value: unknown) => {
			if (typeof value === "string") body = value;
			else if (value !== undefined) response.json(value);
		},
		end: () => {},
	};
	return { response, done: () => new Response(body, { status, headers }) };
}

/**
 * next-auth by its classic entry, which needs nothing of the page framework: the same in a route, a test, or a server of our
 * own. `query` is what it gets to see of the address's.
 */
export async function runNextAuth(
	request: Request,
	query: Record<string, string>,
	options: AuthOptions,
): Promise<Response> {
	const { response, done } = collect();
	// Its types ask for Next's own request and response; it uses no more of them than this.
	const run = NextAuth as unknown as (request: unknown, response: unknown, options: AuthOptions) => Promise<void>;
	await run(await read(request, query), response, options);
	return done();
}
