import { and, eq, gt, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { auditStreams } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import type { GuardPolicy } from "@/server/core/fetch-guard";
import { VaultProblem } from "@/server/core/vault";
import { post } from "@/server/core/webhook";
import { toOcsf } from "../outlets/ocsf";
import { chainOf } from "./read-chain";
import { readSealed } from "./read-sealed";
import { type StreamRow, secretsOf } from "./stream-settings";

const mostEntries = 200;
/** Longer than a delivery may take: whoever holds it is gone once it ends. */
const lease = sql`now() + interval '20 seconds'`;
const firstWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
/** After so long without a success, people have to look. */
const pauseAfterMs = 6 * 60 * 60_000;

export type Sent = "sent" | "failed" | "nothing";

/**
 * Sends the next entries in the order of the chain and moves the cursor once the other side has taken them. Whoever dies in
 * between leaves the cursor where it was: the same entries go again, under the same id.
 */
export async function sendNext(ctx: ServiceContext, sender: string, policy?: GuardPolicy): Promise<Sent> {
	const row = await claim(ctx, sender);
	if (!row?.url) return "nothing";
	const chain = await chainOf(ctx.db.orm);
	const to = row.tryingSeq ?? chain.size;
	const entries = await readSealed(ctx.db.orm, { after: row.sentSeq, to, limit: mostEntries });
	const last = entries.at(-1)?.seq;
	if (last === undefined) return "nothing";
	if (row.tryingSeq === null && !(await move(ctx, row, sender, { tryingSeq: last }))) return "nothing";
	const body = JSON.stringify({
		type: "audit.entries",
		chain: chain.id,
		first: entries[0]?.seq,
		last,
		entries: entries.map((entry) => toOcsf(entry, chain.id)),
	});
	const id = `${chain.id}.${row.sentSeq + 1}-${last}`;
	const { problem } = await send(ctx, { ...row, url: row.url }, { id, body }, policy);
	// What was given up because we have to stop says nothing about the other side.
	if (problem !== null && ctx.signal?.aborted) return "nothing";
	if (problem !== null) return fail(ctx, row, sender, problem);
	await move(ctx, row, sender, {
		sentSeq: last,
		tryingSeq: null,
		sentAt: sql`now()`,
		deliveries: row.deliveries + 1,
		failures: 0,
		failingSince: null,
		problem: null,
		...(row.formerUntil && row.formerUntil < new Date() ? { formerSecret: null, formerUntil: null } : {}),
	});
	return "sent";
}

async function send(
	ctx: ServiceContext,
	row: StreamRow & { url: string },
	message: { id: string; body: string },
	policy?: GuardPolicy,
): Promise<{ problem: string | null }> {
	try {
		return await post({ ...message, url: row.url, secrets: secretsOf(row), signal: ctx.signal }, policy);
	} catch (error) {
		if (!(error instanceof VaultProblem)) throw error;
		return { problem: "The secret can't be opened any more: enter it again." };
	}
}

/** Who may send now: one at a time. */
async function claim(ctx: ServiceContext, sender: string): Promise<StreamRow | null> {
	const [row] = await ctx.db.orm
		.update(auditStreams)
		.set({ leaseOwner: sender, leaseUntil: lease })
		.where(
			and(
				eq(auditStreams.state, "on"),
				lte(auditStreams.nextTryAt, sql`now()`),
				or(
					isNull(auditStreams.leaseUntil),
					lt(auditStreams.leaseUntil, sql`now()`),
					eq(auditStreams.leaseOwner, sender),
				),
				gt(sql`(select size from audit_chain)`, auditStreams.sentSeq),
			),
		)
		.returning();
	return row ?? null;
}

type Change = Parameters<ReturnType<Tx["update"]>["set"]>[0];

/** Changes the row as long as it is still ours and nobody changed the settings: an old send can't move a new cursor. */
async function move(ctx: ServiceContext, row: StreamRow, sender: string, change: Change, tx?: Tx): Promise<boolean> {
	const moved = await (tx ?? ctx.db.orm)
		.update(auditStreams)
		.set(change)
		.where(
			and(
				eq(auditStreams.leaseOwner, sender),
				eq(auditStreams.version, row.version),
				eq(auditStreams.sentSeq, row.sentSeq),
			),
		)
		.returning({ version: auditStreams.version });
	return moved.length > 0;
}

async function fail(ctx: ServiceContext, row: StreamRow, sender: string, problem: string): Promise<Sent> {
	const since = row.failingSince ?? new Date();
	const isLong = Date.now() - since.getTime() >= pauseAfterMs;
	const wait = Math.min(firstWaitMs * 2 ** row.failures, longestWaitMs);
	await ctx.db.transaction(async (tx) => {
		const change = {
			failures: row.failures + 1,
			failingSince: since,
			problem,
			nextTryAt: new Date(Date.now() + wait * (0.75 + Math.random() / 2)),
			...(isLong ? { state: "paused" as const } : {}),
		};
		if (!(await move(ctx, row, sender, change, tx)) || !isLong) return;
		await audit(ctx, tx, {
			action: "audit.pause-stream",
			resource: "audit",
			outcome: "failed",
			reason: problem,
			detail: { sentSeq: row.sentSeq, failures: row.failures + 1 },
		});
	});
	return "failed";
}

/** Gives the turn to another process. */
export async function releaseStream(ctx: ServiceContext, sender: string): Promise<void> {
	await ctx.db.orm
		.update(auditStreams)
		.set({ leaseOwner: null, leaseUntil: null })
		.where(eq(auditStreams.leaseOwner, sender));
}
