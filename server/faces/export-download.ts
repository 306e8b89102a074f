import { ReadableStream as WebStream } from "node:stream/web";
import { OpenExport } from "@/server/audit/contract";
import { readParts } from "@/server/audit/service";
import { contextFromHeaders } from "@/server/trpc/context";
import { checkSite } from "@/server/trpc/request-guard";
import { createCaller } from "@/server/trpc/root";
import { problemOf, problemResponse } from "./rest/problem";

/**
 * The bytes of an export, for whoever the procedure `audit.openExport` gives them to: it decides and writes down, here is only
 * what JSON can't carry. Whatever the bytes look like, a browser saves them and runs nothing.
 */
export async function downloadExport(
	request: Request,
	{ params }: { params: Promise<{ exportId: string; what: string }> },
): Promise<Response> {
	const headers = new Headers(request.headers);
	const isProgram = headers.has("authorization") || headers.has("x-api-key");
	if (isProgram) headers.delete("cookie");
	const ctx = { ...contextFromHeaders(headers), signal: request.signal };
	try {
		if (!isProgram) await checkSite(request, ctx);
		const input = OpenExport.parse(await params);
		const file = await createCaller(ctx).audit.openExport(input);
		return new Response(toBody(readParts(file.parts)), {
			headers: {
				"content-type": file.mediaType,
				"content-length": String(file.bytes),
				"content-disposition": `attachment; filename="${file.name}"`,
				"x-content-type-options": "nosniff",
				"content-security-policy": "default-src 'none'; sandbox",
				"cache-control": "no-store",
				"x-request-id": ctx.requestId,
			},
		});
	} catch (failure) {
		return problemResponse(problemOf(failure, ctx.requestId));
	}
}

// Node's own types and the browser's don't know that theirs are the same stream.
const toBody = (bytes: AsyncGenerator<Uint8Array>) => WebStream.from(bytes) as ReadableStream<Uint8Array>;
