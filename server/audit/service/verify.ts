import { desc, eq, sql } from "drizzle-orm";
import { auditChain, auditKeys, auditVerifications, type SignedCheckpoint } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { verificationRequested } from "@/server/jobs/events";
import { checkpointsAfter } from "../chain/checkpoint";
import { chainRange, exportChain } from "../chain/export-chain";
import { ownKeys } from "../chain/signing";
import { readCheckpointFile } from "../chain/sinks";
import { type ChainProblem, ChainVerifier, readKeys } from "../chain/verifier.mjs";
import type { AuditVerification, OneVerification } from "../contract";

/** Entries to a step of the job, and to a note of its progress. */
const mostToStep = 200_000;
const mostToNote = 10_000;

export async function requestVerification(ctx: ServiceContext): Promise<AuditVerification> {
	const { userId } = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtext('quarterdeck audit verification'))`);
		const [running] = await tx
			.select()
			.from(auditVerifications)
			.where(eq(auditVerifications.state, "running"))
			.limit(1);
		if (running) throw new AppError("CONFLICT", "The chain is being verified already. Wait for the result.");
		const [chain] = await tx.select().from(auditChain);
		const [made] = await tx
			.insert(auditVerifications)
			.values({ startedBy: userId, total: chain?.size ?? 0 })
			.returning();
		if (!made) throw new Error("the verification was not stored");
		await audit(ctx, tx, { action: "audit.verify", resource: "audit", resourceId: made.id });
		await emit(tx, verificationRequested.create({ verificationId: made.id }));
		return made;
	});
}

export async function getVerification(ctx: ServiceContext, input: OneVerification): Promise<AuditVerification> {
	const [row] = await ctx.db.orm
		.select()
		.from(auditVerifications)
		.where(eq(auditVerifications.id, input.verificationId))
		.orderBy(desc(auditVerifications.createdAt));
	if (!row) throw notFound("This verification");
	return row;
}

type Range = { from: number; to: number };

/** What is to be looked at, fixed when it begins, cut into steps. */
export async function planVerification(ctx: ServiceContext, id: string): Promise<Range[]> {
	const { from, to } = await chainRange(ctx.db);
	await ctx.db.orm
		.update(auditVerifications)
		.set({ total: Math.max(0, to - from + 1) })
		.where(eq(auditVerifications.id, id));
	const ranges: Range[] = [];
	for (let at = from; at <= to; at += mostToStep) ranges.push({ from: at, to: Math.min(to, at + mostToStep - 1) });
	return ranges;
}

/** One step of it: null where all of that holds. */
export async function verifyRange(ctx: ServiceContext, id: string, range: Range): Promise<ChainProblem | null> {
	const { keys, checkpoints } = await witnesses(ctx);
	const verifier = new ChainVerifier({
		keys: readKeys(keys),
		checkpoints: checkpoints.filter(({ size }) => size >= range.from - 1 && size <= range.to),
		isPart: true,
	});
	for await (const { seq, line } of exportChain(ctx.db, range)) {
		if (!verifier.take(Buffer.from(line)) || ctx.signal?.aborted) break;
		if (seq % mostToNote === 0) await noteChecked(ctx, id, seq - range.from + 1, range.from);
	}
	ctx.signal?.throwIfAborted();
	const { problem, to } = verifier.end();
	if (problem) return problem;
	if (to < range.to) return { seq: to + 1, kind: "deleted", message: `entries ${to + 1} to ${range.to} are missing` };
	await noteChecked(ctx, id, range.to - range.from + 1, range.from);
	return null;
}

/** What was signed beyond the chain's end, and whether the checkpoints themselves tell one history. */
export async function verifyEnd(ctx: ServiceContext): Promise<ChainProblem | null> {
	const { keys, checkpoints } = await witnesses(ctx);
	const all = new ChainVerifier({ keys: readKeys(keys), checkpoints });
	if (all.problem) return all.problem;
	const [chain] = await ctx.db.orm.select().from(auditChain);
	const last = checkpoints.at(-1);
	if (!chain || !last || (last.size <= chain.size && last.chain === chain.chain)) return null;
	if (last.chain !== chain.chain)
		return { seq: 1, kind: "fork", message: "another chain was signed than the one that is here" };
	const message = `entries ${chain.size + 1} to ${last.size} are missing: they were signed on ${last.time}`;
	return { seq: chain.size + 1, kind: "truncated", message };
}

export async function endVerification(ctx: ServiceContext, id: string, problem: ChainProblem | null): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const state = problem ? "broken" : "valid";
		const [ended] = await tx
			.update(auditVerifications)
			.set({ state, badSeq: problem?.seq ?? null, problem: problem?.message ?? null, endedAt: sql`now()` })
			.where(sql`${auditVerifications.id} = ${id} and ${auditVerifications.state} = 'running'`)
			.returning();
		if (!ended) return;
		await audit(ctx, tx, {
			action: "audit.verified",
			resource: "audit",
			resourceId: id,
			outcome: problem ? "failed" : "done",
			...(problem ? { reason: problem.message } : {}),
			detail: { checked: ended.checked, badSeq: ended.badSeq },
		});
	});
}

export async function failVerification(ctx: ServiceContext, id: string): Promise<void> {
	const problem = "Verifying failed on our side, several times. Try again.";
	await ctx.db.orm
		.update(auditVerifications)
		.set({ state: "failed", problem, endedAt: sql`now()` })
		.where(sql`${auditVerifications.id} = ${id} and ${auditVerifications.state} = 'running'`);
}

/** Steps follow each other, so what earlier ones have looked at is what lies before this one's beginning. */
async function noteChecked(ctx: ServiceContext, id: string, checked: number, from: number): Promise<void> {
	const { from: first } = await chainRange(ctx.db);
	await ctx.db.orm
		.update(auditVerifications)
		.set({ checked: checked + Math.max(0, from - first) })
		.where(eq(auditVerifications.id, id));
}

/** The file outside the database is believed before the database; so are keys that we can derive. */
async function witnesses(ctx: ServiceContext): Promise<{ keys: string; checkpoints: SignedCheckpoint[] }> {
	const outside = await readCheckpointFile();
	const inside = await checkpointsAfter(ctx.db.orm, outside.at(-1)?.size ?? 0, 100_000);
	const [chain] = await ctx.db.orm.select().from(auditChain);
	const derived = ownKeys(chain?.keyGeneration ?? 1);
	// Keys of an earlier secret can't be derived any more; they are only as good as the database is.
	const stored = await ctx.db.orm.select().from(auditKeys);
	const known = new Set(derived.map(({ kid }) => kid));
	const keys = [...derived, ...stored.filter(({ kid }) => !known.has(kid))];
	return { keys: keys.map(({ publicKey }) => publicKey).join("\n"), checkpoints: [...outside, ...inside] };
}
