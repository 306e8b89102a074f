import { and, eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { agentVersions, extractionResults, extractions, type StoredField } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { extractionMoved } from "@/server/jobs/events";
import { type Pictures, readWholeDocument, type WholeDocument } from "@/server/knowledge/service";
import type { ObjectField } from "../contract/schema";
import { storedSchema } from "./read";

/** The document that a run reads, and for which fields; null where the caller may not read it (any more), or it is gone. */
export async function materialOf(
	ctx: ServiceContext,
	{ runId, pictures }: { runId: string; pictures: Pictures },
): Promise<{ schema: ObjectField; document: WholeDocument } | null> {
	const [row] = await ctx.db.orm
		.select({ documentId: extractionResults.documentId, schema: agentVersions.extractSchema })
		.from(extractionResults)
		.innerJoin(extractions, eq(extractions.id, extractionResults.extractionId))
		.innerJoin(agentVersions, eq(agentVersions.id, extractions.agentVersionId))
		.where(eq(extractionResults.runId, runId));
	if (!row) return null;
	try {
		const document = await readWholeDocument(ctx, { documentId: row.documentId, pictures });
		return { schema: storedSchema(row.schema), document };
	} catch (error) {
		if (error instanceof AppError && error.code === "NOT_FOUND") return null;
		throw error;
	}
}

/** Keeps what a run has read. It counts once the run has ended well: the same step done again writes the same place. */
export async function saveFields(
	db: Database,
	runId: string,
	{ fields, model }: { fields: readonly StoredField[]; model: string },
): Promise<void> {
	const filled = fields.filter(({ value }) => value !== null);
	const certainty =
		filled.length === 0 ? 0 : Math.round(100 * filled.reduce((least, one) => Math.min(least, one.confidence), 1));
	await db.orm
		.update(extractionResults)
		.set({ fields: [...fields], certainty, model, updatedAt: sql`now()` })
		.where(and(eq(extractionResults.runId, runId), eq(extractionResults.state, "running")));
}

/** A run of an extraction has ended: what is next may begin. */
export const tellEnded = (db: Database, { runId, userId }: { runId: string; userId: string }): Promise<unknown> =>
	db.transaction((tx) => emit(tx, extractionMoved.create({ userId, runId })));
