import { ReadableStream as WebStream } from "node:stream/web";
import { OpenExport } from "@/server/audit/contract";
import { readParts } from "@/server/audit/service";
import { download } from "./download";

/** The bytes of an export, for whoever the procedure `audit.openExport` gives them to. */
export const downloadExport = (
	request: Request,
	{ params }: { params: Promise<{ exportId: string; what: string }> },
): Promise<Response> =>
	download(request, async (caller) => {
		const { parts, ...file } = await caller.audit.openExport(OpenExport.parse(await params));
		// Node's own types and the browser's don't know that theirs are the same stream.
		return { ...file, body: () => WebStream.from(readParts(parts)) as ReadableStream<Uint8Array> };
	});
