import { files, uploads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { fileStore } from "@/server/files/store";
import { maxFileBytes, type Upload } from "../contract";

/** Takes a file in. Only who brought it can add it to a collection, within a day. */
export async function storeUpload(
	ctx: ServiceContext,
	bytes: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Upload> {
	const { userId } = requireUser(ctx);
	const { sha256, size } = await fileStore().putStream(bytes, { maxBytes: maxFileBytes });
	return ctx.db.transaction(async (tx) => {
		await tx.insert(files).values({ sha256, size }).onConflictDoNothing();
		const [upload] = await tx.insert(uploads).values({ userId, sha256 }).returning({ id: uploads.id });
		if (!upload) throw new Error("The upload was not stored");
		// Old files are cleared away: this one may have been, in the moment before it was written down.
		if (!(await fileStore().has(sha256)))
			throw new AppError("UNAVAILABLE", "The file did not arrive whole: send it again.");
		await audit(ctx, tx, {
			action: "file.upload",
			resource: "upload",
			resourceId: upload.id,
			detail: { sha256, size },
		});
		return { uploadId: upload.id, sha256, size };
	});
}
