import { eq } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { documentPages } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { fileStore } from "@/server/files/store";
import { fileTypes } from "../../contract";
import { type ParsedPage, parseFile, UnreadableFile } from "../../parsing";
import { type Attempt, setState, withAttempt } from "./attempt";

/** About how much text goes into one statement. */
const batchSize = 500_000;

/** Reads the file's text into the database. False where the document is gone. Throws an UnreadableFile with the reason. */
export async function parseDocument(ctx: ServiceContext, attempt: Attempt): Promise<boolean> {
	const begun = await withAttempt(ctx, attempt, async (tx, held) => {
		const isOpen = held.state === "queued" || held.state === "parsing";
		if (held.state === "queued") await setState(tx, held, "parsing");
		return { ...held, isOpen };
	});
	if (!begun?.isOpen) return begun !== null;
	if (!(await fileStore().has(begun.sha256)))
		throw new UnreadableFile("damaged", "The file is not in the store any more: upload it again.");
	const { pages } = await parseFile(fileStore().path(begun.sha256), begun.mediaType, {
		...(ctx.signal ? { signal: ctx.signal } : {}),
	});
	const stored = await withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "parsing") return true;
		await storePages(tx, held.id, pages);
		// Only a PDF has pages of its own; the parts of other formats are ours.
		await setState(tx, held, "chunking", { pageCount: held.mediaType === fileTypes.pdf ? pages.length : null });
		return true;
	});
	return stored !== null;
}

async function storePages(tx: Tx, documentId: string, pages: ParsedPage[]): Promise<void> {
	await tx.delete(documentPages).where(eq(documentPages.documentId, documentId));
	let batch: (typeof documentPages.$inferInsert)[] = [];
	let size = 0;
	const flush = async () => {
		if (batch.length > 0) await tx.insert(documentPages).values(batch);
		batch = [];
		size = 0;
	};
	for (const page of pages) {
		batch.push({ documentId, ...page });
		size += page.text.length + 200;
		if (size > batchSize) await flush();
	}
	await flush();
}
