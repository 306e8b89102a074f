import { NonRetriableError } from "inngest";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { collectionRemoved, documentAdded, documentRemoved } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { UnreadableFile } from "./parsing";
import {
	chunkDocument,
	embedChunks,
	endRecognition,
	failDocument,
	findUploader,
	indexDocument,
	listDoomed,
	parseDocument,
	publishVectors,
	purgeDocument,
	recognisePages,
	sweepKnowledge,
} from "./service";

type Added = { documentId: string; attempt: number; userId: string; sessionId?: string | null; keyId?: string | null };

/** Passages to a step, and how many steps a long document may have at most. */
const leastToStep = 48;
const mostSteps = 100;
/** Each of them takes a few seconds. */
const scansToStep = 4;
const purgedAtOnce = 20;

const ours =
	"Reading this file failed on our side, several times. Try it again; if it fails again, tell an administrator the document's name.";

const causeOf = ({ userId, sessionId = null, keyId = null }: Added) => ({ userId, sessionId, keyId });

/** As whoever brought it, if they still may: what was queued by somebody who is out by now is not done. */
async function asUploader(job: string, runId: string, added: Added): Promise<ServiceContext> {
	const { person, refusal } = await findUploader(jobContext(job, runId), causeOf(added));
	const ctx = jobContext(job, runId, person);
	if (!refusal) return ctx;
	await failDocument(ctx, added, refusal);
	throw new NonRetriableError(refusal);
}

const ingestDocument = inngest.createFunction(
	{
		id: "ingest-document",
		name: "Read a document in",
		triggers: [documentAdded],
		retries: 4,
		// One person's thousand files leave room for everybody else's one.
		priority: { run: "event.data.isBulk ? -300 : 0" },
		concurrency: { key: "event.data.userId", limit: 2 },
		onFailure: async ({ event, runId, step }) => {
			const added: Added = event.data.event.data;
			await step.run("say why", () =>
				patiently(async () => {
					const { person } = await findUploader(jobContext("ingest-document", runId), causeOf(added));
					await failDocument(jobContext("ingest-document", runId, person), added, ours);
				}),
			);
		},
	},
	async ({ event, runId, step }) => {
		const added = event.data;
		const context = () => asUploader("ingest-document", runId, added);
		const gone = { documentId: added.documentId, isGone: true };

		const parsed = await step.run("parse", () =>
			patiently(async () => {
				const ctx = await context();
				return parseDocument(ctx, added).catch((error: unknown) => giveReason(ctx, added, error));
			}),
		);
		if (!parsed) return gone;
		const { scans } = parsed;
		for (let from = 0; from < scans.length; from += scansToStep) {
			const some = { scans: scans.slice(from, from + scansToStep), done: Math.min(scans.length, from + scansToStep) };
			const isThere = await step.run(`recognise scanned pages ${from + 1} to ${some.done}`, () =>
				patiently(async () => {
					const ctx = await context();
					return recognisePages(ctx, added, some).catch((error: unknown) => giveReason(ctx, added, error));
				}),
			);
			if (!isThere) return gone;
		}
		if (scans.length > 0) {
			const hasWords = await step.run("look at what was recognised", () =>
				patiently(async () => {
					const ctx = await context();
					return endRecognition(ctx, added).catch((error: unknown) => giveReason(ctx, added, error));
				}),
			);
			if (!hasWords) return gone;
		}
		const passages = await step.run("chunk", () => patiently(async () => chunkDocument(await context(), added)));
		if (passages === null) return gone;
		const toStep = Math.max(leastToStep, Math.ceil(passages / mostSteps));
		for (let from = 0; from < passages; from += toStep) {
			const to = Math.min(passages, from + toStep);
			const isThere = await step.run(`embed passages ${from + 1} to ${to}`, () =>
				patiently(async () => embedChunks(await context(), added, { from, to })),
			);
			if (!isThere) return gone;
		}
		for (let n = 1; ; n++) {
			const published = await step.run(n === 1 ? "publish the vectors" : `publish the vectors, try ${n}`, () =>
				patiently(async () => publishVectors(await context(), added)),
			);
			if (published === "gone") return gone;
			if (published === "done") break;
			// However long the index is away, what was read in waits for it, and nothing is half there.
			await step.sleep(`until the vector index is back, ${n}`, n < 10 ? "20s" : "5m");
		}
		const indexed = await step.run("index", () => patiently(async () => indexDocument(await context(), added)));
		return indexed ? { documentId: added.documentId, passages } : gone;
	},
);

/** A file that can't be read won't get better by trying again. */
async function giveReason(ctx: ServiceContext, added: Added, error: unknown): Promise<never> {
	if (!(error instanceof UnreadableFile)) throw error;
	await failDocument(ctx, added, error.message);
	throw new NonRetriableError(error.message, { cause: error });
}

const purgeRemovedDocument = inngest.createFunction(
	{ id: "purge-document", name: "Remove a deleted document's rows", triggers: [documentRemoved] },
	({ event, runId, step }) => step.run("purge", () => purgeDocument(jobContext("purge-document", runId), event.data)),
);

const purgeRemovedCollection = inngest.createFunction(
	{ id: "purge-collection", name: "Remove a deleted collection's rows", triggers: [collectionRemoved] },
	async ({ event, runId, step }) => {
		const context = () => jobContext("purge-collection", runId);
		const ids = await step.run("list documents", () => listDoomed(context(), event.data));
		for (let from = 0; from < ids.length; from += purgedAtOnce)
			await step.run(`purge documents from ${from + 1}`, async () => {
				for (const documentId of ids.slice(from, from + purgedAtOnce)) await purgeDocument(context(), { documentId });
			});
		return { documents: ids.length };
	},
);

const sweep = inngest.createFunction(
	{ id: "sweep-knowledge", name: "Remove files that nothing needs any more", triggers: [{ cron: "17 * * * *" }] },
	({ runId, step }) => step.run("sweep", () => sweepKnowledge(jobContext("sweep-knowledge", runId))),
);

export const knowledgeJobs = [ingestDocument, purgeRemovedDocument, purgeRemovedCollection, sweep];
