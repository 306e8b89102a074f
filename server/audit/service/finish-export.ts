import { createHash } from "node:crypto";
import { and, eq, inArray, lt, or, sql } from "drizzle-orm";
import { auditExportParts, auditExports, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { lastCheckpoint } from "../chain/checkpoint";
import type { AuditFilter } from "../contract";
import { drawCertificate } from "../outlets/certificate";
import { formats } from "../outlets/formats";
import { type ExportRow, exportStore, fileNameOf } from "./export-rows";
import { chainOf } from "./read-chain";
import { partsOf, readParts } from "./write-export";

const keptFor = sql`interval '7 days'`;
/** Bytes that nobody names may be just being written by another worker. */
const youngestOrphanMs = 60 * 60_000;

/** The whole file's digest and its certificate; from then on it can be downloaded. False where it was cancelled. */
export async function finishExport(ctx: ServiceContext, exportId: string): Promise<boolean> {
	const isRunning = and(eq(auditExports.id, exportId), eq(auditExports.state, "running"));
	const [row] = await ctx.db.orm.select().from(auditExports).where(isRunning);
	if (!row) return false;
	const sha256 = await digest(await partsOf(ctx, exportId));
	const certificate = await certify(ctx, row, sha256);
	const stored = await exportStore().putStream(once(certificate), { maxBytes: 16 * 1024 * 1024 });
	const done = await ctx.db.orm
		.update(auditExports)
		.set({
			state: "ready",
			sha256,
			certificate: stored.sha256,
			certificateBytes: stored.size,
			endedAt: sql`now()`,
			expiresAt: sql`now() + ${keptFor}`,
		})
		.where(isRunning)
		.returning({ id: auditExports.id });
	return done.length > 0;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}

async function digest(parts: string[]): Promise<string> {
	const hash = createHash("sha256");
	for await (const bytes of readParts(parts)) hash.update(bytes);
	return hash.digest("hex");
}

async function certify(ctx: ServiceContext, row: ExportRow, sha256: string): Promise<Buffer> {
	const { orm } = ctx.db;
	const [chain, checkpoint, [person]] = await Promise.all([
		chainOf(orm),
		lastCheckpoint(orm),
		orm.select({ name: users.name }).from(users).where(eq(users.id, row.userId)),
	]);
	return drawCertificate({
		exportId: row.id,
		fileName: fileNameOf(row),
		format: formats[row.format].label,
		sha256,
		bytes: row.bytes,
		rows: row.rows,
		firstSeq: row.firstSeq,
		lastSeq: row.lastSeq,
		conditions: Object.entries(row.filter).map(([name, value]) => ({ name: conditionNames[name] ?? name, value })),
		requestedBy: `${person?.name ?? "erased person"} (${row.userId})`,
		requestedAt: row.createdAt,
		finishedAt: new Date(),
		chain,
		checkpoint,
		verification: row.proof ?? { isValid: true, from: 1, to: 0, problem: null },
	});
}

const conditionNames: Record<string, string> = {
	userId: "Account",
	actorId: "Actor",
	via: "Via",
	action: "Action",
	resourceKind: "Resource",
	resourceId: "Resource id",
	outcome: "Outcome",
	address: "Address",
	requestId: "Request",
	runId: "Run",
	from: "From",
	to: "Before",
} satisfies Record<keyof AuditFilter, string>;

/** Hourly: files past their time, and what cancelled and failed exports left. Answers how many files went. */
export async function expireExports(ctx: ServiceContext): Promise<number> {
	const { orm } = ctx.db;
	await orm
		.update(auditExports)
		.set({ state: "expired" })
		.where(and(eq(auditExports.state, "ready"), lt(auditExports.expiresAt, sql`now()`)));
	const over = orm
		.select({ id: auditExports.id })
		.from(auditExports)
		.where(inArray(auditExports.state, ["expired", "cancelled", "failed"]));
	await orm.delete(auditExportParts).where(inArray(auditExportParts.exportId, over));
	const store = exportStore();
	let removed = 0;
	for await (const sha256 of store.list()) {
		const age = await store.age(sha256);
		if (age === null || age < youngestOrphanMs || (await isNamed(ctx, sha256))) continue;
		await store.remove(sha256);
		removed++;
	}
	return removed;
}

async function isNamed(ctx: ServiceContext, sha256: string): Promise<boolean> {
	const { orm } = ctx.db;
	const [row] = await orm
		.select({ id: auditExports.id })
		.from(auditExports)
		.leftJoin(auditExportParts, eq(auditExportParts.exportId, auditExports.id))
		.where(
			or(
				eq(auditExportParts.sha256, sha256),
				and(eq(auditExports.certificate, sha256), inArray(auditExports.state, ["running", "ready"])),
			),
		)
		.limit(1);
	return row !== undefined;
}
