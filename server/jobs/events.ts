import { eventType } from "inngest";
import { z } from "zod";

/**
 * Every event that starts a job. Data holds ids only: the job reads the rows, so that it sees what is true when it runs.
 * `attempt` counts the times a person asked, so that asking again isn't taken for the same event.
 */
export const documentAdded = eventType("knowledge/document.added", {
	schema: z.strictObject({ documentId: z.uuid(), attempt: z.int().min(0) }),
});

/** The document's row is gone; what only it used (its file, named by its digest) may go too. */
export const documentRemoved = eventType("knowledge/document.removed", {
	schema: z.strictObject({ documentId: z.uuid(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
});

export type JobEvent = ReturnType<typeof documentAdded.create> | ReturnType<typeof documentRemoved.create>;
