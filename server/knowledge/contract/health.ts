import { z } from "zod";
import { DocumentState } from ".";

/** From so many days on without a change, or a word of its source that it is still so, a document is stale. */
export const staleAfterDays = 180;
/** A document that is here for so long and was never found. */
export const unfoundAfterDays = 30;
export const unansweredForDays = 90;

const HealthDocument = z.object({
	id: z.uuid().describe("Its id."),
	name: z.string().describe("Its name."),
	at: z.date().describe("When it last came in, or its source still had it so."),
});
const HealthDocuments = z.object({
	count: z.int().describe("How many there are."),
	rows: z.array(HealthDocument).describe("The oldest of them, at most 20."),
});

export const CollectionHealth = z.object({
	states: z
		.array(
			z.object({ state: DocumentState.describe("Where documents stand."), count: z.int().describe("How many do.") }),
		)
		.describe("Documents by where they stand."),
	stale: HealthDocuments.describe(
		`Neither brought nor changed for ${staleAfterDays} days, nor confirmed by a sync of their source.`,
	),
	unfound: HealthDocuments.describe(
		`Here for ${unfoundAfterDays} days or more, and never among what a search found: so never cited either.`,
	),
	unanswered: z
		.array(
			z.object({
				runId: z.uuid().describe("The run."),
				threadId: z.uuid().describe("Its chat."),
				question: z.string().describe("What was asked."),
				at: z.date().describe("When."),
			}),
		)
		.describe(
			`The caller's own questions of ${unansweredForDays} days that this collection could have answered, and nothing did; at most 20. Nobody sees those of others.`,
		),
});
export type CollectionHealth = z.infer<typeof CollectionHealth>;

const Named = z.object({ id: z.uuid().describe("Its id."), name: z.string().describe("Its name.") });
export const CollectionDuplicates = z.object({
	compared: z.int().describe("How many documents were compared: the newest 1,000 at most."),
	isWhole: z.boolean().describe("Whether that is all that are ready."),
	pairs: z
		.array(z.object({ newer: Named.describe("The newer one."), older: Named.describe("The older one.") }))
		.describe("Pairs whose first pages are the same but for a few words; at most 50."),
});
export type CollectionDuplicates = z.infer<typeof CollectionDuplicates>;
