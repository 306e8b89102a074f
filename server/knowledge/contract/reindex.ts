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
	model: z.string(),
	dimension: z.int(),
	isLocal: z.boolean().describe("Whether texts stay on this machine."),
	mostCharacters: z.int().describe("What it reads of a passage at most."),
});

/** How a collection's index is made, what it could be made with, and what is being made. */
export const Indexing = z.object({
	live: Making,
	documents: z.int(),
	passages: z.int(),
	models: z.array(EmbeddingModel),
	building: Reindex.extend({
		done: z
			.int()
			.describe("Of `total` passages of the index that is searched, those whose documents are in the new one."),
		total: z.int().describe("Passages of the index that is searched."),
		passages: z.int().describe("What the new index has by now."),
		perSecond: z.number().nullable().describe("Passages of the new index a second, since it was begun."),
		secondsLeft: z.number().nullable().describe("About how long it takes still, at that rate."),
	}).nullable(),
	history: z.array(Reindex).describe("The last twenty, newest first."),
});
export type Indexing = z.infer<typeof Indexing>;

/** What is left out stays as it is. */
export const StartReindex = z.strictObject({
	collectionId: z.uuid(),
	model: z.string().trim().min(1).max(200).optional(),
	chunkSize: z.int().min(chunkSizes.least).max(chunkSizes.most).optional(),
	chunkOverlap: z
		.int()
		.min(0)
		.max(chunkSizes.most * mostOverlap)
		.optional()
		.describe("At most a quarter of the passage."),
});
export type StartReindex = z.infer<typeof StartReindex>;
