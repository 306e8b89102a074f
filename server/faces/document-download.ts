import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { fileStore } from "@/server/files/store";
import { OneDocument } from "@/server/knowledge/contract";
import { download } from "./download";

/** The bytes of a document as they were brought, for whoever the procedure `knowledge.openDocument` gives them to. */
export const downloadDocument = (
	request: Request,
	{ params }: { params: Promise<{ documentId: string }> },
): Promise<Response> =>
	download(request, async (caller) => {
		const { name, size, sha256 } = await caller.knowledge.openDocument(OneDocument.parse(await params));
		// Node's own types and the browser's don't know that theirs are the same stream.
		const body = () => Readable.toWeb(createReadStream(fileStore().path(sha256))) as ReadableStream<Uint8Array>;
		return { name, bytes: size, mediaType: "application/octet-stream", hash: sha256, body };
	});
