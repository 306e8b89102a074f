import { NonRetriableError } from "inngest";
import { settleForgotten } from "@/server/budgets/service";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { collectionRemoved, documentAdded, documentRemoved, indexRetired, reindexStarted } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { UnreadableFile } from "./parsing";
import {
	chunkDocument,
	embedChunks,
	endRecognition,
	failDocument,
	failReindex,
	findRefusal,
	findUploader,
	indexDocument,
	listDoomed,
	parseDocument,
	publishVectors,
	purgeDocument,
	recognisePages,
	removeIndex,
	sweepKnowledge,
	switchIndex,
	workReindex,
} from "./service";

type Added = { documentId: string; attempt: number; userId: string; sessionId?: string | null; keyId?: string | null };

/** Passages to a step, and how many steps a long document may have at most. */
const leastToStep = 48;
const mostSteps = 100;
/** Each of them takes a few seconds. */
const scansToStep = 4;
const purgedAtOnce = 20;
/** How long a step of re-indexing goes on, and how many there are to a run: then the next run takes over. */
const partMs = 20_000;
const partsToRun = 200;
/** Longer than any search takes. */
const retiredFor = "40s";

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
		// Once, but where the collection is switched to another index meanwhile: then for that one.
		for (let round = 1; ; round++) {
			const once = (name: string) => (round === 1 ? name : `${name}, for index ${round}`);
			const passages = await step.run(once("chunk"), () =>
				patiently(async () => chunkDocument(await context(), added)),
			);
			if (passages === null) return gone;
			const toStep = Math.max(leastToStep, Math.ceil(passages / mostSteps));
			for (let from = 0; from < passages; from += toStep) {
				const to = Math.min(passages, from + toStep);
				const isThere = await step.run(once(`embed passages ${from + 1} to ${to}`), () =>
					patiently(async () => {
						const ctx = await context();
						return embedChunks(ctx, added, { from, to }).catch((error: unknown) => giveReason(ctx, added, error));
					}),
				);
				if (!isThere) return gone;
			}
			for (let n = 1; ; n++) {
				const published = await step.run(once(n === 1 ? "publish the vectors" : `publish the vectors, try ${n}`), () =>
					patiently(async () => publishVectors(await context(), added)),
				);
				if (published === "gone") return gone;
				if (published === "done") break;
				// However long the index is away, what was read in waits for it, and nothing is half there.
				await step.sleep(once(`until the vector index is back, ${n}`), n < 10 ? "20s" : "5m");
			}
			const indexed = await step.run(once("index"), () => patiently(async () => indexDocument(await context(), added)));
			if (indexed !== "again") return indexed ? { documentId: added.documentId, passages } : gone;
		}
	},
);

/** A file that can't be read won't get better by trying again. */
async function giveReason(ctx: ServiceContext, added: Added, error: unknown): Promise<never> {
	if (!(error instanceof UnreadableFile)) throw error;
	await failDocument(ctx, added, error.message);
	throw new NonRetriableError(error.message, { cause: error });
}

type Started = { indexNo: number; userId: string; sessionId?: string | null; keyId?: string | null };

/** As whoever began it, if they still may; else it ends there. */
async function asStarter(runId: string, started: Started): Promise<ServiceContext> {
	const { userId, sessionId = null, keyId = null } = started;
	const { person, refusal } = await findRefusal(jobContext("reindex", runId), { userId, sessionId, keyId });
	const ctx = jobContext("reindex", runId, person);
	if (!refusal) return ctx;
	await failReindex(ctx, started.indexNo, refusal);
	throw new NonRetriableError(refusal);
}

const reindex = inngest.createFunction(
	{
		id: "reindex",
		name: "Make a collection's index anew",
		triggers: [reindexStarted],
		retries: 8,
		// What somebody brings goes first.
		priority: { run: "-300" },
		concurrency: { limit: 1 },
		onFailure: async ({ event, runId, step }) => {
			const { indexNo }: Started = event.data.event.data;
			await step.run("say why", () =>
				patiently(() => failReindex(jobContext("reindex", runId), indexNo, "It failed on our side, several times.")),
			);
		},
	},
	async ({ event, runId, step }) => {
		const started = event.data;
		for (let n = 1; n <= partsToRun; n++) {
			const worked = await step.run(`index documents, ${n}`, () =>
				patiently(async () => workReindex(await asStarter(runId, started), started.indexNo, partMs)),
			);
			if (worked === "over") return { indexNo: started.indexNo };
			if (worked === "away") await step.sleep(`until what it needs is back, ${n}`, n < 10 ? "20s" : "5m");
			if (worked !== "caughtUp") continue;
			const switched = await step.run(`switch, ${n}`, () =>
				patiently(async () => switchIndex(await asStarter(runId, started), started.indexNo)),
			);
			if (switched !== "behind") return { indexNo: started.indexNo, switched };
		}
		await step.sendEvent("go on", reindexStarted.create({ ...started, part: started.part + 1 }));
		return { indexNo: started.indexNo };
	},
);

const removeRetiredIndex = inngest.createFunction(
	{ id: "remove-index", name: "Remove an index that nothing searches", triggers: [indexRetired] },
	async ({ event, runId, step }) => {
		await step.sleep("until searches that began before have ended", retiredFor);
		await step.run("remove", () => patiently(() => removeIndex(jobContext("remove-index", runId), event.data)));
	},
);

const purgeRemovedDocument = inngest.createFunction(
	{ id: "purge-document", name: "Remove a deleted document's rows", triggers: [documentRemoved] },
	({ event, runId, step }) =>
		step.run("purge", () => patiently(() => purgeDocument(jobContext("purge-document", runId), event.data))),
);

const purgeRemovedCollection = inngest.createFunction(
	{ id: "purge-collection", name: "Remove a deleted collection's rows", triggers: [collectionRemoved] },
	async ({ event, runId, step }) => {
		const context = () => jobContext("purge-collection", runId);
		const ids = await step.run("list documents", () => patiently(() => listDoomed(context(), event.data)));
		for (let from = 0; from < ids.length; from += purgedAtOnce)
			await step.run(`purge documents from ${from + 1}`, () =>
				patiently(async () => {
					for (const documentId of ids.slice(from, from + purgedAtOnce)) await purgeDocument(context(), { documentId });
				}),
			);
		return { documents: ids.length };
	},
);

const sweep = inngest.createFunction(
	{ id: "sweep-knowledge", name: "Remove files that nothing needs any more", triggers: [{ cron: "17 * * * *" }] },
	async ({ runId, step }) => {
		const context = () => jobContext("sweep-knowledge", runId);
		await step.run("settle what killed calls had held back", () => patiently(() => settleForgotten(context())));
		return step.run("sweep", () => patiently(() => sweepKnowledge(context())));
	},
);

export const knowledgeJobs = [
	ingestDocument,
	reindex,
	removeRetiredIndex,
	purgeRemovedDocument,
	purgeRemovedCollection,
	sweep,
];
