import { eventType } from "inngest";
import { z } from "zod";

/**
 * Every event that starts a job. Data holds ids only: the job reads the rows, so that it sees what is true when it runs.
 * `attempt` counts the times a person asked, so that asking again isn't taken for the same event.
 */
export const documentAdded = eventType("knowledge/document.added", {
	/** `userId` is whose turn it takes: one person's thousand files must not starve the others. */
	schema: z.strictObject({
		documentId: z.uuid(),
		attempt: z.int().min(0),
		userId: z.uuid(),
		/** What they brought it with: a session or a key, whose end ends the reading. */
		sessionId: z.uuid().nullish(),
		keyId: z.uuid().nullish(),
		/** One of many that came together, such as an archive's: it lets go first what somebody waits for. */
		isBulk: z.boolean(),
	}),
});

/** The document can't be found any more; its rows, index and bytes may go. */
export const documentRemoved = eventType("knowledge/document.removed", {
	schema: z.strictObject({ documentId: z.uuid() }),
});

/** The same for a whole collection. */
export const collectionRemoved = eventType("knowledge/collection.removed", {
	schema: z.strictObject({ collectionId: z.uuid() }),
});

/** It is a source's time, or somebody asked for it. */
export const syncBegun = eventType("sources/sync.begun", {
	schema: z.strictObject({ sourceId: z.uuid(), syncId: z.uuid() }),
});

/** A source was deleted with its documents, which can't be found any more; their rows may go. */
export const sourceRemoved = eventType("sources/source.removed", {
	schema: z.strictObject({ sourceId: z.uuid(), collectionId: z.uuid() }),
});

/** Somebody wants a collection's index made anew beside the one that is searched; `part` counts the runs that it takes. */
export const reindexStarted = eventType("knowledge/reindex.started", {
	schema: z.strictObject({
		indexNo: z.int(),
		part: z.int().min(1),
		userId: z.uuid(),
		sessionId: z.uuid().nullish(),
		keyId: z.uuid().nullish(),
	}),
});

/** Nothing searches this index any more, or ever will: its rows may go. */
export const indexRetired = eventType("knowledge/index.retired", {
	schema: z.strictObject({ indexNo: z.int(), collectionId: z.uuid() }),
});

/** Somebody asked for an export of the audit; `userId` is whose turn it takes. */
export const exportRequested = eventType("audit/export.requested", {
	schema: z.strictObject({ exportId: z.uuid(), userId: z.uuid() }),
});

/** Somebody asked whether the audit's chain holds. */
export const verificationRequested = eventType("audit/verification.requested", {
	schema: z.strictObject({ verificationId: z.uuid() }),
});

/** An account was erased: what was its person's alone, and what names them elsewhere, goes too. */
export const userErased = eventType("users/user.erased", { schema: z.strictObject({ userId: z.uuid() }) });

/** An extraction of this person was started, goes on, or has a run that ended: what is next in it may begin. */
export const extractionMoved = eventType("extractions/extraction.moved", {
	schema: z.strictObject({ userId: z.uuid(), runId: z.uuid().nullable() }),
});

/** An experiment of this person was started, goes on, or has something that ended: what is next in it may begin. */
export const experimentMoved = eventType("evaluations/experiment.moved", {
	schema: z.strictObject({ userId: z.uuid() }),
});

/** A call of a tool waits for a person. */
export const approvalAsked = eventType("approvals/approval.asked", {
	schema: z.strictObject({ approvalId: z.uuid() }),
});

/** A mail waits for the SMTP server. */
export const mailWaiting = eventType("mail/mail.waiting", { schema: z.strictObject({ mailId: z.uuid() }) });

/** Somebody asks for a new password. */
export const resetAsked = eventType("account/reset.asked", { schema: z.strictObject({ requestId: z.uuid() }) });

export type JobEvent =
	| ReturnType<typeof syncBegun.create>
	| ReturnType<typeof sourceRemoved.create>
	| ReturnType<typeof resetAsked.create>
	| ReturnType<typeof approvalAsked.create>
	| ReturnType<typeof mailWaiting.create>
	| ReturnType<typeof documentAdded.create>
	| ReturnType<typeof documentRemoved.create>
	| ReturnType<typeof collectionRemoved.create>
	| ReturnType<typeof reindexStarted.create>
	| ReturnType<typeof indexRetired.create>
	| ReturnType<typeof extractionMoved.create>
	| ReturnType<typeof experimentMoved.create>
	| ReturnType<typeof exportRequested.create>
	| ReturnType<typeof verificationRequested.create>
	| ReturnType<typeof userErased.create>;
