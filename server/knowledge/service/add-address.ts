import { Readable } from "node:stream";
import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type DocumentState, documents, files } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { checkAddress } from "@/server/core/fetch-guard";
import { fileStore } from "@/server/files/store";
import { type AddAddress, type AddedDocument, fileTypes } from "../contract";
import { cleanLine } from "../parsing";
import { holdManaged } from "./access";
import { insertDocument } from "./add-document";
import { readableDocuments, toDocument } from "./document-row";
import { startAgain } from "./retry-document";

/** With any other, the address is being fetched or waits for it. */
const isSettled = new Set<DocumentState>(["ready", "failed", "cancelled"]);

/** Adds a web page, a file or a sitemap by its address; it is fetched when its turn comes. One that is there is fetched again. */
export async function addAddress(ctx: ServiceContext, { collectionId, address }: AddAddress): Promise<AddedDocument> {
	// Who may not add anything learns nothing of what the address leads to.
	await ctx.db.transaction((tx) => holdManaged(ctx, tx, collectionId));
	const url = await checkAddress(address);
	url.hash = "";
	const link = await storeLink(url.href);
	return ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, collectionId);
		const known = await holdAddressed(tx, collectionId, url.href);
		if (known && isSettled.has(known.state)) await startAgain(ctx, tx, known.id);
		const added = known ? null : await insertLink(ctx, tx, collectionId, link);
		const [row] = await readableDocuments(tx, ctx, eq(documents.id, known?.id ?? added ?? ""));
		if (!row) throw notFound("This document");
		return { document: toDocument(row), isNew: added !== null };
	});
}

export type Link = { address: string; sha256: string; size: number; isBulk?: boolean; containerId?: string };

/** Until it was fetched, all that is known of a document is its address. */
export async function storeLink(address: string): Promise<Link> {
	const stored = await fileStore().putStream(Readable.from([Buffer.from(address)]), { maxBytes: 4_000 });
	return { address, ...stored };
}

/** Null where the collection has a document of this address. */
export async function insertLink(
	ctx: ServiceContext,
	tx: Tx,
	collectionId: string,
	{ address, sha256, size, isBulk = false, containerId }: Link,
): Promise<string | null> {
	if (await holdAddressed(tx, collectionId, address)) return null;
	await tx.insert(files).values({ sha256, size }).onConflictDoNothing();
	const about = { name: nameOf(new URL(address), "html"), mediaType: fileTypes.html, source: address, isBulk };
	const within = containerId ? { containerId } : {};
	return insertDocument(ctx, tx, collectionId, { sha256, size, ...about, ...within });
}

async function holdAddressed(tx: Tx, collectionId: string, address: string) {
	const [known] = await tx
		.select({ id: documents.id, state: documents.state })
		.from(documents)
		.where(and(eq(documents.collectionId, collectionId), eq(documents.source, address), isNull(documents.deletedAt)))
		.for("update");
	return known ?? null;
}

/** What a document of this address is called: host and path, ending in what it is. */
export function nameOf({ host, pathname }: URL, ending: string): string {
	const path = decodePath(pathname).replace(/\/+$/, "");
	const name = cleanLine(`${host}${path}`).slice(0, 240).toWellFormed();
	return name.toLowerCase().endsWith(`.${ending}`) ? name : `${name}.${ending}`;
}

function decodePath(path: string): string {
	try {
		return decodeURI(path);
	} catch {
		return path;
	}
}
