import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { fileStore } from "@/server/files/store";
import { OneDocument } from "@/server/knowledge/contract";
import { contextFromHeaders } from "@/server/trpc/context";
import { checkSite } from "@/server/trpc/request-guard";
import { createCaller } from "@/server/trpc/root";
import { problemOf, problemResponse } from "./rest/problem";

/**
 * The bytes of a document as they were brought, for whoever the procedure `knowledge.openDocument` gives them to. Whatever they
 * look like, a browser saves them and runs nothing.
 */
export async function downloadDocument(
	request: Request,
	{ params }: { params: Promise<{ documentId: string }> },
): Promise<Response> {
	const headers = new Headers(request.headers);
	const isProgram = headers.has("authorization") || headers.has("x-api-key");
	if (isProgram) headers.delete("cookie");
	const ctx = { ...contextFromHeaders(headers), signal: request.signal };
	try {
		if (!isProgram) await checkSite(request, ctx);
		const file = await createCaller(ctx).knowledge.openDocument(OneDocument.parse(await params));
		const bytes = createReadStream(fileStore().path(file.sha256));
		// Node's own types and the browser's don't know that theirs are the same stream.
		return new Response(Readable.toWeb(bytes) as ReadableStream<Uint8Array>, {
			headers: {
				"content-type": "application/octet-stream",
				"content-length": String(file.size),
				"content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, escapeOne)}`,
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

const escapeOne = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
