import { z } from "zod";

/** Characters of a passage. What a model can't read whole is refused when the index is asked for. */
export const chunkSizes = { least: 300, most: 4000, usual: 1000 };
/** A passage repeats at most this part of the one before it. */
export const mostOverlap = 0.25;

const Making = z.object({
	model: z.string().describe("The embedding model that made its vectors."),
	dimension: z.int().describe("How many numbers each of them has."),
	chunkSize: z.int().describe("Characters that a passage has at most."),
	chunkOverlap: z.int().describe("How many of them it repeats of the passage before it."),
});
export const reindexStates = ["building", "live", "replaced", "cancelled", "failed"] as const;
export const Reindex = Making.extend({
	no: z.int().describe("The number of this index; each that is made has its own."),
	collectionId: z.uuid(),
	state: z.enum(reindexStates),
	before: Making.describe("What was searched until then."),
	reason: z.string().nullable().describe("Why it failed, or what it waits for."),
	startedByName: z.string().describe("Who asked for it."),
	startedAt: z.date(),
	endedAt: z.date().nullable(),
});
export type Reindex = z.infer<typeof Reindex>;

export const EmbeddingModel = z.object({
	model: z.string().describe("What it is called."),
	dimension: z.int().describe("How many numbers its vectors have."),
	isLocal: z.boolean().describe("Whether texts stay on this machine."),
	mostCharacters: z.int().describe("What it reads of a passage at most."),
});

/** How a collection's index is made, what it could be made with, and what is being made. */
export const Indexing = z.object({
	live: Making.describe("Of the index that is searched."),
	documents: z.int().describe("How many it has."),
	passages: z.int().describe("How many it has."),
	models: z.array(EmbeddingModel).describe("Those that are set up; the first is for new collections."),
	building: Reindex.extend({
		done: z
			.int()
			.describe("Of `total` passages of the index that is searched, those whose documents are in the new one."),
		total: z.int().describe("Passages of the index that is searched."),
		passages: z.int().describe("What the new index has by now."),
		perSecond: z.number().nullable().describe("Passages of the new index a second, since it was begun."),
		secondsLeft: z.number().nullable().describe("About how long it takes still, at that rate."),
	})
		.nullable()
		.describe("The one that is being made; null where none is."),
	history: z.array(Reindex).describe("The last twenty, newest first."),
});
export type Indexing = z.infer<typeof Indexing>;

/** What is left out stays as it is. */
export const StartReindex = z.strictObject({
	collectionId: z.uuid(),
	model: z.string().trim().min(1).max(200).optional().describe("An embedding model that is set up."),
	chunkSize: z
		.int()
		.min(chunkSizes.least)
		.max(chunkSizes.most)
		.optional()
		.describe("Characters that a passage has at most; no more than the model reads."),
	chunkOverlap: z
		.int()
		.min(0)
		.max(chunkSizes.most * mostOverlap)
		.optional()
		.describe("At most a quarter of the passage."),
});
export type StartReindex = z.infer<typeof StartReindex>;
