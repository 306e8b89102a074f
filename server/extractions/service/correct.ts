import { and, eq, sql } from "drizzle-orm";
import { extractionCorrections, extractionResults, extractions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import type { CorrectField, ExtractionResult } from "../contract";
import { columnsOf, faultOf, type Leaf, type ObjectField } from "../contract/schema";
import { getResult, mine, schemaOf } from "./read";

/** What a person reads in place of what the model did. What was read first is kept, and so is every correction. */
export async function correctField(ctx: ServiceContext, input: CorrectField): Promise<ExtractionResult> {
	const { extractionId, resultId, path, basedOn } = input;
	const { userId } = requireUser(ctx);
	const leaf = leafOf(await schemaOf(ctx, extractionId), path);
	const value = typeof input.value === "string" ? input.value.trim() || null : input.value;
	await ctx.db.transaction(async (tx) => {
		const [held] = await tx
			.select({ revision: extractionResults.revision, state: extractionResults.state })
			.from(extractionResults)
			.innerJoin(extractions, eq(extractions.id, extractionResults.extractionId))
			.where(and(mine(ctx, extractionId), eq(extractionResults.id, resultId)))
			.for("update", { of: extractionResults });
		if (!held) throw notFound("This result");
		const now = await getResult({ ...ctx, db: ctx.db.within(tx) }, { extractionId, resultId });
		if (now.documentName === null) throw notFound("This result");
		if (held.state !== "done")
			throw new AppError("CONFLICT", "There is nothing to correct yet: nothing was extracted.");
		expectUnchanged("this result", basedOn, held.revision);
		const before = now.fields.find((field) => field.path === path);
		if (!leaf || !before) throw invalidField("path", "There is no such field in this result.");
		const fault = faultOf(leaf.field, value);
		if (fault) throw invalidField("value", `It ${fault}.`);
		if (value === null && leaf.isRequired) throw invalidField("value", "This field is required.");
		await tx.insert(extractionCorrections).values({ resultId, path, before: before.value, value, userId });
		const rest = now.fields.filter((field) => field.path !== path && field.value !== null);
		const certainty = Math.round(100 * rest.reduce((least, { confidence }) => Math.min(least, confidence), 1));
		await tx
			.update(extractionResults)
			.set({ certainty, revision: held.revision + 1, updatedAt: sql`now()` })
			.where(eq(extractionResults.id, resultId));
		await audit(ctx, tx, {
			action: "extraction.correct",
			resource: "extraction",
			resourceId: extractionId,
			// Neither what stood there nor what does now: that is the document's.
			detail: { resultId, field: path },
		});
	});
	return getResult(ctx, { extractionId, resultId });
}

/** The field of a path; of a list's row, whichever it is. */
function leafOf(schema: ObjectField, path: string): Leaf | undefined {
	const { leaves, lists } = columnsOf(schema);
	const own = leaves.find((leaf) => leaf.path === path);
	if (own) return own;
	for (const list of lists) {
		if (!path.startsWith(`${list.path}.`)) continue;
		const [row = "", ...column] = path.slice(list.path.length + 1).split(".");
		if (/^\d{1,4}$/.test(row)) return list.leaves.find((leaf) => leaf.path === column.join("."));
	}
	return undefined;
}
