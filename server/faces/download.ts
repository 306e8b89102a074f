import { contextFromHeaders } from "@/server/trpc/context";
import { checkSite } from "@/server/trpc/request-guard";
import { createCaller } from "@/server/trpc/root";
import { matches } from "./rest/answer";
import { problemOf, problemResponse } from "./rest/problem";

export type Download = {
	name: string;
	bytes: number;
	mediaType: string;
	/** Of bytes that never change: who has them is let know that they may have them still, and is sent none. */
	hash?: string;
	body: () => ReadableStream<Uint8Array>;
};

/**
 * Bytes that a procedure gives to whoever may have them: it decides and writes down, here is only what JSON can't carry.
 * Whatever they look like, a browser saves them and runs nothing.
 */
export async function download(
	request: Request,
	open: (caller: ReturnType<typeof createCaller>) => Promise<Download>,
): Promise<Response> {
	const headers = new Headers(request.headers);
	const isProgram = headers.has("authorization") || headers.has("x-api-key");
	if (isProgram) headers.delete("cookie");
	const ctx = { ...contextFromHeaders(headers), signal: request.signal };
	try {
		if (!isProgram) await checkSite(request, ctx);
		const file = await open(createCaller(ctx));
		const tag = file.hash === undefined ? null : `"${file.hash}"`;
		// Whether they may have it is asked each time, so no copy is used without asking.
		const caching = { "cache-control": tag ? "private, no-cache" : "no-store", ...(tag ? { etag: tag } : {}) };
		if (tag && matches(headers.get("if-none-match"), tag))
			return new Response(null, { status: 304, headers: { ...caching, "x-request-id": ctx.requestId } });
		return new Response(file.body(), {
			headers: {
				...caching,
				"content-type": file.mediaType,
				"content-length": String(file.bytes),
				"content-disposition": `attachment; ${named(file.name)}`,
				"x-content-type-options": "nosniff",
				"content-security-policy": "default-src 'none'; sandbox",
				"x-request-id": ctx.requestId,
			},
		});
	} catch (failure) {
		return problemResponse(problemOf(failure, ctx.requestId));
	}
}

const named = (name: string): string =>
	/^[\w.-]+$/.test(name)
		? `filename="${name}"`
		: `filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, escapeOne)}`;
const escapeOne = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
