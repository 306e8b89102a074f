import { and, asc, count, eq, inArray, sql } from "drizzle-orm";
import { isDatabaseAway, type Tx } from "@/db/connection";
import { agentVersions, documentPages, extractionResults, extractions } from "@/db/schema";
import { findStanding, refusalTexts } from "@/server/auth/service";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError, errorTable } from "@/server/core/errors";
import { unreadableDocuments } from "@/server/knowledge/service";
import { maxAnswerTokens } from "@/server/models/model";
import { startRun } from "@/server/runs/service";

/** Documents of one person that are worked on at once: their chats keep their places. */
const mostAtOnce = 4;
const atOnce = (): number => Math.max(1, Math.min(mostAtOnce, Math.floor(env().QD_RUNS_PER_USER / 2)));

/** All that changes a person's extractions waits here for each other, until its transaction ends. */
export const holdExtractions = (tx: Tx, userId: string): Promise<unknown> =>
	tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 2))`);

/**
 * Takes over what has ended and starts what is next in a person's extractions, small ones first. It may be called by anybody, at
 * any time and as often as they like: what is started is started once, whatever dies in between.
 */
export async function advance(ctx: ServiceContext, userId: string): Promise<number> {
	return ctx.db.transaction(async (tx) => {
		await holdExtractions(tx, userId);
		await takeOver(tx, userId);
		let started = 0;
		for (let open = await openRuns(tx, userId); open < atOnce(); ) {
			const next = await nextResult(tx, userId);
			if (!next) break;
			const came = await begin(ctx, tx, next);
			if (came === "waits") break;
			if (came === "started") {
				open++;
				started++;
			}
		}
		await endFinished(tx, userId);
		return started;
	});
}

/** What became of the runs that have ended. One that is gone with its thread failed. */
async function takeOver(tx: Tx, userId: string): Promise<void> {
	await tx.execute(sql`
		update extraction_results x set updated_at = now(),
			state = case when r.state = 'succeeded' then 'done' when r.state = 'cancelled' and r.stop_requested_at is not null then 'cancelled' else 'failed' end,
			reason = case when r.state = 'succeeded' then null else coalesce(r.reason, 'Its run is gone.') end
		from extraction_results y join extractions e on e.id = y.extraction_id left join runs r on r.id = y.run_id
		where x.id = y.id and e.user_id = ${userId} and y.state = 'running' and (r.id is null or r.state in ('succeeded', 'failed', 'cancelled'))`);
}

const ofPerson = (userId: string) => eq(extractions.userId, userId);

async function openRuns(tx: Tx, userId: string): Promise<number> {
	const [row] = await tx
		.select({ open: count() })
		.from(extractionResults)
		.innerJoin(extractions, eq(extractions.id, extractionResults.extractionId))
		.where(and(ofPerson(userId), eq(extractionResults.state, "running")));
	return row?.open ?? 0;
}

/** More than this is no small one, which goes first. */
const few = 5;

async function nextResult(tx: Tx, userId: string) {
	const [next] = await tx
		.select({
			id: extractionResults.id,
			documentId: extractionResults.documentId,
			extraction: extractions,
			schema: agentVersions.extractSchema,
		})
		.from(extractionResults)
		.innerJoin(extractions, eq(extractions.id, extractionResults.extractionId))
		.innerJoin(agentVersions, eq(agentVersions.id, extractions.agentVersionId))
		.where(and(ofPerson(userId), eq(extractions.state, "running"), eq(extractionResults.state, "queued")))
		.orderBy(sql`${extractions.total} > ${few}`, asc(extractions.createdAt), asc(extractionResults.ordinal))
		.limit(1)
		.for("update", { of: extractionResults });
	return next;
}
type Next = NonNullable<Awaited<ReturnType<typeof nextResult>>>;

/** Starts the run of one document, as its person and with what they may do at this moment. */
async function begin(ctx: ServiceContext, tx: Tx, next: Next): Promise<"started" | "failed" | "waits"> {
	const { extraction, documentId } = next;
	const { userId, sessionId, keyId } = extraction;
	// All in this one connection: who held one and waited for another would wait for those who wait for it.
	const db = ctx.db.within(tx);
	const { principal, refusal } = await findStanding(db, { userId, sessionId, keyId });
	const lost = principal ? null : refusalTexts[refusal];
	if (!principal || !actorMay(principal, "runs:write") || !actorMay(principal, "knowledge:read")) {
		await giveUp(ctx, tx, extraction.id, lost ?? "Whom it worked for may not run agents or read documents any more.");
		return "failed";
	}
	const as: ServiceContext = { ...ctx, db, actor: principal, via: "job" };
	if ((await unreadableDocuments(as, [documentId])).length > 0) {
		await fail(
			tx,
			next.id,
			"This document can no longer be read by you: it was deleted, or your access was taken away.",
		);
		return "failed";
	}
	try {
		const { agentId, agentVersionId, threadId } = extraction;
		const tokens = await tokensFor(tx, next);
		const question = "Extract the fields of a document";
		const { runId } = await startRun(as, { question, agentId, threadId }, { agentVersionId, tokens });
		await tx
			.update(extractionResults)
			.set({ state: "running", runId, reason: null, updatedAt: sql`now()` })
			.where(eq(extractionResults.id, next.id));
		if (extraction.reason) await tx.update(extractions).set({ reason: null }).where(eq(extractions.id, extraction.id));
		return "started";
	} catch (error) {
		const isTold = error instanceof AppError && errorTable[error.code].class === "user";
		if (!isTold || isDatabaseAway(error)) throw error;
		if (error.code === "LIMIT_REACHED") {
			// Nothing is lost by it: the next look, within a minute, tries again.
			await tx
				.update(extractions)
				.set({ reason: `It waits. ${error.message}` })
				.where(eq(extractions.id, extraction.id));
			return "waits";
		}
		const isGone = error.code === "NOT_FOUND";
		await giveUp(ctx, tx, extraction.id, isGone ? "You can't ask this agent any more." : error.message);
		return "failed";
	}
}

/** Pictures are counted by providers as about so many. */
const pictureTokens = 2_000;
const rulesTokens = 1_500;

/** What one document may take at most: all its text twice, as an answer may have to be mended, and as many answers. */
async function tokensFor(tx: Tx, { documentId, schema }: Next): Promise<number> {
	const [text] = await tx
		.select({ length: sql<number>`coalesce(sum(length(${documentPages.text})), 0)::int` })
		.from(documentPages)
		.where(eq(documentPages.documentId, documentId));
	const length = text?.length ?? 0;
	const parts = Math.max(1, Math.ceil(length / 40_000));
	const each = rulesTokens + pictureTokens + JSON.stringify(schema ?? {}).length / 4 + maxAnswerTokens;
	return Math.min(env().QD_RUN_TOKENS, Math.ceil(2 * (length / 4 + parts * each)));
}

const fail = (tx: Tx, id: string, reason: string) =>
	tx
		.update(extractionResults)
		.set({ state: "failed", reason, updatedAt: sql`now()` })
		.where(eq(extractionResults.id, id));

/** Nothing more of it is started. */
async function giveUp(ctx: ServiceContext, tx: Tx, extractionId: string, reason: string): Promise<void> {
	await tx
		.update(extractions)
		.set({ state: "cancelled", reason, endedAt: sql`now()`, updatedAt: sql`now()` })
		.where(eq(extractions.id, extractionId));
	await tx
		.update(extractionResults)
		.set({ state: "cancelled", reason, updatedAt: sql`now()` })
		.where(and(eq(extractionResults.extractionId, extractionId), eq(extractionResults.state, "queued")));
	await audit(ctx, tx, {
		...{ action: "extraction.end", resource: "extraction", resourceId: extractionId },
		...{ outcome: "denied", reason },
	});
}

const isFinished = sql`not exists (select 1 from extraction_results r where r.extraction_id = ${extractions.id} and r.state in ('queued', 'running'))`;

async function endFinished(tx: Tx, userId: string): Promise<void> {
	await tx
		.update(extractions)
		.set({ state: "ended", reason: null, endedAt: sql`now()`, updatedAt: sql`now()` })
		.where(and(ofPerson(userId), inArray(extractions.state, ["running", "paused"]), isFinished));
}

/** Looks after everybody's: what a killed worker left, and what waited for budget. Answers how many runs it started. */
export async function advanceAll(ctx: ServiceContext): Promise<number> {
	const people = await ctx.db.orm
		.selectDistinct({ userId: extractions.userId })
		.from(extractions)
		.innerJoin(extractionResults, eq(extractionResults.extractionId, extractions.id))
		.where(inArray(extractionResults.state, ["queued", "running"]));
	let started = 0;
	for (const { userId } of people) {
		if (ctx.signal?.aborted) break;
		started += await advance(ctx, userId);
	}
	return started;
}
