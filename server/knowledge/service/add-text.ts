import { Readable } from "node:stream";
import type { ServiceContext } from "@/server/core/context";
import type { AddedDocument, AddText } from "../contract";
import { cleanLine } from "../parsing";
import { holdManaged } from "./access";
import { addDocument } from "./add-document";
import { storeUpload } from "./upload";

const endings = { markdown: "md", plain: "txt", html: "html" } as const satisfies Record<AddText["format"], string>;

/** A text that a program has at hand, as a document: the same as a file of it. */
export async function addText(
	ctx: ServiceContext,
	{ collectionId, name, text, format }: AddText,
): Promise<AddedDocument> {
	// Who may not add anything leaves nothing here.
	await ctx.db.transaction((tx) => holdManaged(ctx, tx, collectionId));
	const ending = `.${endings[format]}`;
	const title = cleanLine(name.replace(/[\\/]/g, "-"));
	// Who may not add it leaves nothing behind.
	await ctx.db.transaction((tx) => holdManaged(ctx, tx, collectionId));
	const { uploadId } = await storeUpload(ctx, Readable.from([Buffer.from(text)]));
	return addDocument(ctx, {
		collectionId,
		uploadId,
		name: title.toLowerCase().endsWith(ending) ? title : `${title.slice(0, 250)}${ending}`,
	});
}
