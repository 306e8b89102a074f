import { and, eq } from "drizzle-orm";
import { auditExports, type ExportProof } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { checkpointsAfter, publicKeys } from "../chain/checkpoint";
import { exportChain } from "../chain/export-chain";
import { ChainVerifier, readKeys } from "../chain/verifier.mjs";
import type { PartResult } from "./write-export";

/** Entries verified in a step: some ten seconds. */
const stepEntries = 500_000;
/** More checkpoints than can lie in one step. */
const mostCheckpoints = stepEntries;

/** Verifies the piece of the chain that an export was made from, step by step; what is found stands in its certificate. */
export async function verifyExport(ctx: ServiceContext, exportId: string, most = stepEntries): Promise<PartResult> {
	const isRunning = and(eq(auditExports.id, exportId), eq(auditExports.state, "running"));
	const [row] = await ctx.db.orm.select().from(auditExports).where(isRunning);
	if (!row) return "gone";
	if (row.firstSeq === null || row.lastSeq === null) return "done";
	const before = row.proof;
	const from = before ? before.to + 1 : row.firstSeq;
	if (before?.isValid === false || from > row.lastSeq) return "done";
	const to = Math.min(from + most - 1, row.lastSeq);
	const problem = await problemBetween(ctx, { from, to });
	const proof: ExportProof = { isValid: problem === null, from: row.firstSeq, to, problem };
	await ctx.db.orm.update(auditExports).set({ proof }).where(isRunning);
	return problem !== null || to === row.lastSeq ? "done" : "more";
}

async function problemBetween(ctx: ServiceContext, range: { from: number; to: number }): Promise<string | null> {
	const signed = await checkpointsAfter(ctx.db.orm, range.from - 1, mostCheckpoints);
	const verifier = new ChainVerifier({
		keys: readKeys(await publicKeys(ctx.db.orm)),
		checkpoints: signed.filter(({ size }) => size <= range.to),
		isPart: true,
	});
	for await (const { line } of exportChain(ctx.db, range)) {
		ctx.signal?.throwIfAborted();
		if (!verifier.take(Buffer.from(line))) break;
	}
	const { problem, to } = verifier.end();
	if (problem) return problem.message;
	return to === range.to ? null : `entries ${to + 1} to ${range.to} are missing`;
}
