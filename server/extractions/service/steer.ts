import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { extractionResults, extractions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireCause, requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { extractionMoved } from "@/server/jobs/events";
import { stopRun } from "@/server/runs/service";
import { removeThreads } from "@/server/threads/service";
import type { Extraction, ExtractionResult, OneExtraction, SteerExtraction } from "../contract";
import { holdExtractions } from "./advance";
import { getExtraction, mine } from "./read";

/** Pauses, resumes, gives up, or tries again what failed. What is asked for already is done already. */
export async function steerExtraction(ctx: ServiceContext, input: SteerExtraction): Promise<Extraction> {
	const { extractionId, action } = input;
	const under = await ctx.db.transaction(async (tx) => {
		const held = await hold(ctx, tx, extractionId);
		const before = held.state;
		const runIds = await steer(ctx, tx, held, action);
		const [after] = await tx.select({ state: extractions.state }).from(extractions).where(eq(extractions.id, held.id));
		await audit(ctx, tx, {
			action: `extraction.${action}`,
			resource: "extraction",
			resourceId: extractionId,
			before: { state: before },
			after: { state: after?.state ?? before },
		});
		await emit(tx, extractionMoved.create({ userId: held.userId, runId: null }));
		return runIds;
	});
	// Each ends by itself, within two seconds; one that nobody had begun yet ends at once, and no executor tells of it.
	for (const runId of under) await stopRun(ctx, { runId });
	if (under.length > 0) await tellMoved(ctx);
	return getExtraction(ctx, { extractionId });
}

const tellMoved = (ctx: ServiceContext) =>
	ctx.db.transaction((tx) => emit(tx, extractionMoved.create({ userId: requireUser(ctx).userId, runId: null })));

async function hold(ctx: ServiceContext, tx: Tx, extractionId: string) {
	await holdExtractions(tx, requireUser(ctx).userId);
	const [held] = await tx.select().from(extractions).where(mine(ctx, extractionId)).for("update");
	if (!held) throw notFound("This extraction");
	return held;
}
type Held = Awaited<ReturnType<typeof hold>>;

/** Answers the runs that are to be stopped. */
async function steer(ctx: ServiceContext, tx: Tx, held: Held, action: SteerExtraction["action"]): Promise<string[]> {
	switch (action) {
		case "pause":
			if (held.state === "running") await set(tx, held.id, { state: "paused", reason: null });
			else if (held.state !== "paused") throw over();
			return [];
		case "resume":
			if (held.state === "paused") await set(tx, held.id, { state: "running", reason: null, ...asNow(ctx) });
			else if (held.state !== "running") throw over();
			return [];
		case "cancel": {
			if (held.state === "ended") throw over();
			if (held.state === "cancelled") return [];
			await set(tx, held.id, { state: "cancelled", reason: "It was given up.", endedAt: sql`now()` });
			await move(tx, held.id, ["queued"], { state: "cancelled", reason: "It was given up." });
			const rows = await tx
				.select({ runId: extractionResults.runId })
				.from(extractionResults)
				.where(and(eq(extractionResults.extractionId, held.id), eq(extractionResults.state, "running")));
			return rows.flatMap(({ runId }) => runId ?? []);
		}
		case "retry":
			await move(tx, held.id, ["failed", "cancelled"], { state: "queued", reason: null });
			await set(tx, held.id, { state: "running", reason: null, endedAt: null, ...asNow(ctx) });
			return [];
	}
}

/** From here on it acts with what its person has in hand now: what it was started with may have ended. */
const asNow = (ctx: ServiceContext) => {
	const { sessionId, keyId } = requireCause(ctx);
	return { sessionId, keyId };
};

const over = () => new AppError("CONFLICT", "This extraction has ended. What failed in it can be tried again.");

const set = (tx: Tx, id: string, change: object) =>
	tx
		.update(extractions)
		.set({ ...change, updatedAt: sql`now()` })
		.where(eq(extractions.id, id));

const move = (
	tx: Tx,
	id: string,
	from: ExtractionResult["state"][],
	change: { state: ExtractionResult["state"]; reason: string | null },
) =>
	tx
		.update(extractionResults)
		.set({ ...change, runId: null, updatedAt: sql`now()` })
		.where(and(eq(extractionResults.extractionId, id), inArray(extractionResults.state, from)));

/** Takes it away with its results and its runs; whoever carries one of them out stops. */
export async function removeExtraction(ctx: ServiceContext, { extractionId }: OneExtraction): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const { threadId } = await hold(ctx, tx, extractionId);
		await audit(ctx, tx, { action: "extraction.remove", resource: "extraction", resourceId: extractionId });
		await removeThreads(tx, [threadId]);
	});
}
