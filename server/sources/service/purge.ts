import { and, asc, eq, isNotNull } from "drizzle-orm";
import { documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { purgeDocument } from "@/server/knowledge/service";

const purgedAtOnce = 50;

/** Removes the rows of some documents that went with their source. Answers how many there were. */
export async function purgeSource(
	ctx: ServiceContext,
	{ sourceId, from }: { sourceId: string; from: number },
): Promise<number> {
	const rows = await ctx.db.orm
		.select({ id: documents.id })
		.from(documents)
		.where(and(eq(documents.sourceId, sourceId), isNotNull(documents.deletedAt)))
		.orderBy(asc(documents.id))
		.offset(from)
		.limit(purgedAtOnce);
	for (const { id } of rows) await purgeDocument(ctx, { documentId: id });
	return rows.length;
}
