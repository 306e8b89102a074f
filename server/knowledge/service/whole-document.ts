import { asc, eq } from "drizzle-orm";
import { documentPages, documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { fileStore } from "@/server/files/store";
import { preparePicture, UnreadableFile } from "../parsing";
import { readableDocuments } from "./document-row";
import { unreadStates } from "./documents";

/** `picture` is a JPEG that was made anew of it. */
export type WholeDocument = {
	id: string;
	name: string;
	pages: { page: number; text: string }[];
	isPicture: boolean;
	picture: { type: "image/jpeg"; base64: string } | null;
};

/** Whether pictures are of use: to be made ready, or had already. */
export type Pictures = "none" | "made ready" | "had";

const isPicture = (mediaType: string): boolean => mediaType.startsWith("image/");

/**
 * All of a document's text, for whoever may read it at this moment; where it is a picture, that too if it is asked for, made
 * ready to be shown to a model. Such a picture needs no text: a model may see what recognition did not.
 */
export async function readWholeDocument(
	ctx: ServiceContext,
	{ documentId, pictures }: { documentId: string; pictures: Pictures },
): Promise<WholeDocument> {
	const [row] = await readableDocuments(ctx.db.orm, ctx, eq(documents.id, documentId));
	if (!row) throw notFound("This document");
	const mayShow = isPicture(row.mediaType) && pictures !== "none";
	if (row.state === "failed" && !mayShow)
		throw new AppError("CONFLICT", `This document could not be read. ${row.reason ?? ""}`.trim());
	if (row.state !== "ready" && row.state !== "failed") throw new AppError("CONFLICT", unreadStates[row.state]);
	const pages = await ctx.db.orm
		.select({ page: documentPages.page, text: documentPages.text })
		.from(documentPages)
		.where(eq(documentPages.documentId, documentId))
		.orderBy(asc(documentPages.page));
	return {
		...{ id: row.id, name: row.name, pages, isPicture: isPicture(row.mediaType) },
		picture: mayShow && pictures === "made ready" ? await pictureOf(ctx, row) : null,
	};
}

async function pictureOf(
	ctx: ServiceContext,
	row: { sha256: string; mediaType: string },
): Promise<WholeDocument["picture"]> {
	if (!(await fileStore().has(row.sha256)))
		throw new AppError("CONFLICT", "The picture itself is not in the store any more: upload it again.");
	try {
		const options = ctx.signal ? { signal: ctx.signal } : {};
		const bytes = await preparePicture(fileStore().path(row.sha256), row.mediaType, options);
		return { type: "image/jpeg", base64: bytes.toString("base64") };
	} catch (error) {
		if (error instanceof UnreadableFile) throw new AppError("CONFLICT", error.message, { cause: error });
		throw error;
	}
}
