import { and, asc, eq, sql } from "drizzle-orm";
import { auditExportParts, auditExports } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { exportChain } from "../chain/export-chain";
import { AuditFilter } from "../contract";
import { csvEntry, csvHead, ocsfEntry } from "../outlets/formats";
import { type ExportRow, exportStore } from "./export-rows";
import { chainOf } from "./read-chain";
import { readSealed, type SealedEntry } from "./read-sealed";

/** A part is closed at the first of these, so that a worker that dies loses little. */
const wholePart = { bytes: 32 * 1024 * 1024, ms: 15_000 };
/** Entries come in batches, so a part may be larger than it should; past this something is wrong. */
const mostBytes = 1024 * 1024 * 1024;
type PartLimits = typeof wholePart;
/** Entries read at a time. */
const batch = 2_000;

/** From the first step on it is under way; null where it was cancelled or has ended. */
export async function beginExport(ctx: ServiceContext, exportId: string): Promise<boolean> {
	const begun = await ctx.db.orm
		.update(auditExports)
		.set({ state: "running", startedAt: sql`coalesce(${auditExports.startedAt}, now())` })
		.where(and(eq(auditExports.id, exportId), sql`${auditExports.state} in ('queued', 'running')`))
		.returning({ id: auditExports.id });
	return begun.length > 0;
}

export type PartResult = "more" | "done" | "gone";

/**
 * Writes the next part and moves the export on by it, both or neither. A step that is run again writes the part after: what it
 * goes by is the row, and not how often it was called.
 */
export async function writePart(
	ctx: ServiceContext,
	exportId: string,
	limits: PartLimits = wholePart,
): Promise<PartResult> {
	const row = await runningRow(ctx, exportId);
	if (!row) return "gone";
	if (row.parts > 0 && row.doneSeq >= row.toSeq) return "done";
	const part = new Part(row, limits);
	const file = await exportStore().putStream(lines(ctx, row, part), { maxBytes: mostBytes });
	if (part.isGone) return "gone";
	return ctx.db.transaction(async (tx) => {
		const [moved] = await tx
			.update(auditExports)
			.set({
				doneSeq: part.seq,
				seenSeq: part.seq,
				parts: row.parts + 1,
				rows: row.rows + part.rows,
				bytes: row.bytes + file.size,
				firstSeq: row.firstSeq ?? part.first,
				lastSeq: part.last ?? row.lastSeq,
			})
			.where(and(isRunning(exportId), eq(auditExports.doneSeq, row.doneSeq), eq(auditExports.parts, row.parts)))
			.returning({ toSeq: auditExports.toSeq });
		if (!moved) return (await runningRow(ctx, exportId)) ? "more" : "gone";
		await tx.insert(auditExportParts).values({ exportId, no: row.parts + 1, sha256: file.sha256, bytes: file.size });
		return part.seq >= moved.toSeq ? "done" : "more";
	});
}

const isRunning = (exportId: string) => and(eq(auditExports.id, exportId), eq(auditExports.state, "running"));

async function runningRow(ctx: ServiceContext, exportId: string): Promise<ExportRow | null> {
	const [row] = await ctx.db.orm.select().from(auditExports).where(isRunning(exportId));
	return row ?? null;
}

/** What a part has come to while it is written. */
class Part {
	seq: number;
	rows = 0;
	bytes = 0;
	first: number | null = null;
	last: number | null = null;
	isGone = false;
	private readonly until: number;

	constructor(
		row: ExportRow,
		private readonly limits: PartLimits,
	) {
		this.seq = row.doneSeq;
		this.until = performance.now() + limits.ms;
	}

	add(seqs: number[], texts: string[]): void {
		this.rows += seqs.length;
		for (const text of texts) this.bytes += Buffer.byteLength(text);
		this.first ??= seqs[0] ?? null;
		this.last = seqs.at(-1) ?? this.last;
	}

	get isFull(): boolean {
		return this.bytes >= this.limits.bytes || performance.now() >= this.until;
	}
}

/** Some lines and the number up to which the export has come with them. */
type Lines = { texts: string[]; seqs: number[]; upTo: number };

async function* lines(ctx: ServiceContext, row: ExportRow, part: Part): AsyncGenerator<Uint8Array> {
	if (row.parts === 0 && row.format === "csv") yield Buffer.from(csvHead());
	if (row.toSeq === row.fromSeq) return;
	for await (const { texts, seqs, upTo } of row.format === "chain" ? chainLines(ctx, row) : entryLines(ctx, row)) {
		ctx.signal?.throwIfAborted();
		part.add(seqs, texts);
		part.seq = upTo;
		if (texts.length > 0) yield Buffer.from(texts.join(""));
		if (!(await stillWanted(ctx, row.id, part.seq))) {
			part.isGone = true;
			return;
		}
		if (part.isFull) return;
	}
}

async function* entryLines(ctx: ServiceContext, row: ExportRow): AsyncGenerator<Lines> {
	const filter = AuditFilter.parse(row.filter);
	const chain = await chainOf(ctx.db.orm);
	const write = row.format === "csv" ? csvEntry : (entry: SealedEntry) => ocsfEntry(entry, chain.id);
	for (let after = row.doneSeq; after < row.toSeq; ) {
		const entries = await readSealed(ctx.db.orm, { filter, after, to: row.toSeq, limit: batch });
		after = entries.length < batch ? row.toSeq : (entries.at(-1)?.seq ?? row.toSeq);
		yield { texts: entries.map(write), seqs: entries.map(({ seq }) => seq), upTo: after };
	}
}

/** The head of the chain stands in the first part alone. */
async function* chainLines(ctx: ServiceContext, row: ExportRow): AsyncGenerator<Lines> {
	const isFirst = row.parts === 0;
	const range = { from: row.doneSeq + 1, to: row.toSeq };
	let lines: Lines = { texts: [], seqs: [], upTo: row.doneSeq };
	for await (const { seq, line } of exportChain(ctx.db, range)) {
		const isHead = seq < range.from;
		if (isHead && !isFirst) continue;
		lines.texts.push(`${line}\n`);
		if (!isHead) lines.seqs.push(seq);
		lines.upTo = Math.max(seq, row.doneSeq);
		if (lines.seqs.length < batch) continue;
		yield lines;
		lines = { texts: [], seqs: [], upTo: lines.upTo };
	}
	yield lines;
}

/** Tells the page how far it is; false where it was cancelled. */
async function stillWanted(ctx: ServiceContext, exportId: string, seenSeq: number): Promise<boolean> {
	const seen = await ctx.db.orm
		.update(auditExports)
		.set({ seenSeq })
		.where(isRunning(exportId))
		.returning({ id: auditExports.id });
	return seen.length > 0;
}

export async function failExport(ctx: ServiceContext, exportId: string, reason: string): Promise<void> {
	await ctx.db.orm
		.update(auditExports)
		.set({ state: "failed", reason, endedAt: sql`now()` })
		.where(and(eq(auditExports.id, exportId), sql`${auditExports.state} in ('queued', 'running')`));
}

/** The bytes of a file in parts, one after the other. */
export async function* readParts(parts: readonly string[]): AsyncGenerator<Uint8Array> {
	for (const sha256 of parts) yield* await exportStore().open(sha256);
}

export const partsOf = async (ctx: ServiceContext, exportId: string): Promise<string[]> =>
	(
		await ctx.db.orm
			.select({ sha256: auditExportParts.sha256 })
			.from(auditExportParts)
			.where(eq(auditExportParts.exportId, exportId))
			.orderBy(asc(auditExportParts.no))
	).map(({ sha256 }) => sha256);
