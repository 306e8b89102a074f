import { and, eq, ne } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { documentPages } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { fileStore } from "@/server/files/store";
import { pageWord } from "../../contract";
import { type ParsedPage, parseFile, recogniseScans, UnreadableFile } from "../../parsing";
import { addContained, addLinks, removeGone } from "./add-contained";
import { type Attempt, type Held, setState, withAttempt } from "./attempt";
import { fetchAddress, isAddress } from "./fetch-address";

/** About how much text goes into one statement. */
const batchSize = 500_000;

/**
 * Reads the file's text into the database. Answers the pages whose text is still to be recognised; null where the document
 * is gone. Throws an UnreadableFile with the reason.
 */
export async function parseDocument(ctx: ServiceContext, attempt: Attempt): Promise<{ scans: number[] } | null> {
	const begun = await withAttempt(ctx, attempt, async (tx, held) => {
		const isOpen = held.state === "queued" || held.state === "parsing";
		if (held.state === "queued") await setState(tx, held, "parsing");
		return { ...held, isOpen };
	});
	if (!begun?.isOpen) return begun && { scans: [] };
	// What a source keeps up to date was brought by its sync.
	const file = isAddress(begun.source) && !begun.sourceId ? await fetchAddress(ctx, attempt, begun) : begun;
	if (!file) return null;
	const inner: string[] = [];
	const { pages, scans, links, dropped } = await parseFile(await storedPath(file), file.mediaType, {
		...(ctx.signal ? { signal: ctx.signal } : {}),
		onFile: async (contained) => void inner.push(await addContained(ctx, file, contained)),
	});
	await removeGone(ctx, file, inner);
	await addLinks(ctx, file, links);
	const stored = await withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "parsing") return true;
		await storePages(tx, held.id, pages);
		const read = { pageCount: pageWord(held.mediaType) ? pages.length : null, dropped };
		if (scans.length > 0) await setState(tx, held, "parsing", { ...read, done: 0, total: scans.length });
		else await setState(tx, held, "chunking", read);
		return true;
	});
	return stored === null ? null : { scans };
}

/** Recognises the text of some scanned pages. False where the document is gone. */
export async function recognisePages(
	ctx: ServiceContext,
	attempt: Attempt,
	{ scans, done }: { scans: number[]; done: number },
): Promise<boolean> {
	const open = await withAttempt(ctx, attempt, async (_, held) => held);
	if (open?.state !== "parsing") return open !== null;
	const pages = await recogniseScans(await storedPath(open), scans, ctx.signal ? { signal: ctx.signal } : {});
	const stored = await withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "parsing") return true;
		for (const { page, text, headings } of pages)
			await tx
				.update(documentPages)
				.set({ text, headings })
				.where(and(eq(documentPages.documentId, held.id), eq(documentPages.page, page)));
		await setState(tx, held, "parsing", { done: Math.max(held.done, done) });
		return true;
	});
	return stored !== null;
}

/** All scanned pages are through: the document goes on, where any of them has words. False where it is gone. */
export async function endRecognition(ctx: ServiceContext, attempt: Attempt): Promise<boolean> {
	const ended = await withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "parsing") return true;
		const [some] = await tx
			.select({ page: documentPages.page })
			.from(documentPages)
			.where(and(eq(documentPages.documentId, held.id), ne(documentPages.text, "")))
			.limit(1);
		if (!some)
			throw new UnreadableFile(
				"noText",
				"The file has no text, and none was recognised in its pictures. Where there is some, scan it larger and sharper.",
			);
		await setState(tx, held, "chunking", { done: 0, total: 0 });
		return true;
	});
	return ended !== null;
}

async function storedPath({ sha256 }: Held): Promise<string> {
	if (await fileStore().has(sha256)) return fileStore().path(sha256);
	throw new UnreadableFile("damaged", "The file is not in the store any more: upload it again.");
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
