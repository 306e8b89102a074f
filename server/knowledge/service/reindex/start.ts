import { eq, sql } from "drizzle-orm";
import { collections, reindexes } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireCause, requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { reindexStarted } from "@/server/jobs/events";
import { mostOverlap, type Reindex, type StartReindex } from "../../contract";
import { type Embedder, embedders } from "../../embedding";
import { openBeside } from "../../vectors";
import { holdManaged, notifyCollection } from "../access";
import { findCurrent, readReindex } from "./read";

/** Begins to make the collection's index anew beside the one that is searched. One at a time. */
export async function reindexCollection(ctx: ServiceContext, input: StartReindex): Promise<Reindex> {
	const { collectionId } = input;
	return ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, collectionId, "no key update");
		const [live] = await tx
			.select({
				no: collections.no,
				model: collections.model,
				dimension: collections.dimension,
				chunkSize: collections.chunkSize,
				chunkOverlap: collections.chunkOverlap,
			})
			.from(collections)
			.where(eq(collections.id, collectionId));
		if (!live) throw notFound("This collection");
		if (await findCurrent(tx, collectionId))
			throw new AppError("CONFLICT", "This collection is being re-indexed already: cancel that first, or wait for it.");
		const { no: _, ...before } = live;
		const { model, dimension, ...cutting } = settle(before, input);
		const after = { model, dimension, ...cutting };
		await openBeside(tx, after);
		const [made] = await tx
			.insert(reindexes)
			.values({
				no: sql`nextval(pg_get_serial_sequence('collections', 'no'))`,
				...{ collectionId, ...after, before, startedBy: requireUser(ctx).userId },
			})
			.returning({ no: reindexes.no });
		if (!made) throw new Error("The new index was not written down");
		await audit(ctx, tx, {
			action: "collection.reindex-start",
			resource: "collection",
			resourceId: collectionId,
			detail: { index: made.no },
			before,
			after,
		});
		await emit(tx, reindexStarted.create({ indexNo: made.no, part: 1, ...requireCause(ctx) }));
		await notifyCollection(tx, collectionId);
		return readReindex(tx, made.no);
	});
}

type Making = Reindex["before"];

/** What was asked for, on top of what is; refused where the model could not read a whole passage. */
function settle(live: Making, { model, chunkSize, chunkOverlap }: StartReindex): Making {
	const by = embedderNamed(model ?? live.model);
	const size = chunkSize ?? Math.min(live.chunkSize, by.mostCharacters);
	if (size > by.mostCharacters)
		throw invalidField(
			"chunkSize",
			`${by.model} reads at most ${by.mostCharacters} characters of a passage: choose no more than that.`,
		);
	const most = Math.floor(size * mostOverlap);
	const overlap = chunkOverlap ?? Math.min(live.chunkOverlap, most);
	if (overlap > most) throw invalidField("chunkOverlap", `At most a quarter of the passage: ${most} characters.`);
	return { model: by.model, dimension: by.dimension, chunkSize: size, chunkOverlap: overlap };
}

function embedderNamed(model: string): Embedder {
	const found = embedders().find((one) => one.model === model);
	if (found) return found;
	const known = embedders().map((one) => one.model);
	throw invalidField("model", `The embedding model ${model} is not set up. There is: ${known.join(", ")}.`);
}
