import { and, asc, eq, getTableColumns, inArray, isNull, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { auditExportParts, auditExports, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { readUserActor } from "@/server/core/rights";
import { emit } from "@/server/jobs/emit";
import { exportRequested } from "@/server/jobs/events";
import { chainRange } from "../chain/export-chain";
import type { AuditExport, ExportFile, ListExports, OneExport, OpenExport, RequestExport } from "../contract";
import { formats } from "../outlets/formats";
import { type ExportRow, fileNameOf, toExport } from "./export-rows";
import { seqBounds } from "./read-sealed";

/** Exports of one person that may be under way at the same time. */
const mostAtOnce = 3;
const underWay = ["queued", "running"] as const;

/** Fixes what is exported at this moment and leaves the writing to a job. */
export async function requestExport(ctx: ServiceContext, { format, filter }: RequestExport): Promise<AuditExport> {
	const { userId } = requireUser(ctx);
	const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
	const whole = format === "chain" ? await chainRange(ctx.db) : null;
	return ctx.db.transaction(async (tx) => {
		// One after the other, so that two at once don't both find room.
		await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`audit exports of ${userId}`}))`);
		const open = await tx.$count(
			auditExports,
			and(eq(auditExports.userId, userId), inArray(auditExports.state, [...underWay])),
		);
		if (open >= mostAtOnce)
			throw new AppError("LIMIT_REACHED", `${mostAtOnce} exports of yours are under way: wait for one, or cancel it.`);
		const { after, to } = whole ? { after: whole.from - 1, to: whole.to } : await seqBounds(tx, filter);
		const from = Math.min(after, to);
		const span = { fromSeq: from, toSeq: to, doneSeq: from, seenSeq: from };
		const [row] = await tx
			.insert(auditExports)
			.values({ userId, format, filter: given, ...span })
			.returning();
		if (!row) throw new Error("An insert gave no row back");
		await audit(ctx, tx, {
			action: "audit.export",
			resource: "audit",
			resourceId: row.id,
			detail: { format, ...given, upTo: to },
		});
		await emit(tx, exportRequested.create({ exportId: row.id, userId }));
		return toExport(row);
	});
}

/** One's own, newest first. */
export async function listExports(
	ctx: ServiceContext,
	input: ListExports,
): Promise<{ rows: AuditExport[]; next: string | null }> {
	const { format, createdAt } = auditExports;
	// A file that is over has the state of one that is ready until it is swept away.
	const isOver = sql`${auditExports.state} = 'ready' and ${auditExports.expiresAt} <= now()`;
	const state = sql`case when ${isOver} then 'expired' else ${auditExports.state} end`;
	const list = listQuery(input, { filter: { format, state, createdAt }, sort: { createdAt }, id: auditExports.id });
	const rows = await ctx.db.orm
		.select({ ...getTableColumns(auditExports), key: list.key })
		.from(auditExports)
		.where(and(eq(auditExports.userId, requireUser(ctx).userId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: page.rows.map(toExport), next: page.next };
}

const isOwn = (ctx: ServiceContext, { exportId }: OneExport) =>
	and(eq(auditExports.id, exportId), eq(auditExports.userId, requireUser(ctx).userId));

export async function getExport(ctx: ServiceContext, input: OneExport): Promise<AuditExport> {
	const [row] = await ctx.db.orm.select().from(auditExports).where(isOwn(ctx, input));
	if (!row) throw notFound("This export");
	return toExport(row);
}

/** Ends one that is under way; one that has ended stays as it is. */
export async function cancelExport(ctx: ServiceContext, input: OneExport): Promise<AuditExport> {
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.update(auditExports)
			.set({ state: "cancelled", endedAt: sql`now()` })
			.where(and(isOwn(ctx, input), inArray(auditExports.state, [...underWay])))
			.returning();
		if (row) {
			await audit(ctx, tx, { action: "audit.cancel-export", resource: "audit", resourceId: row.id });
			return toExport(row);
		}
		return getExport(ctx, input);
	});
}

/** What a download needs. Written down before the first byte leaves. */
export async function openExport(ctx: ServiceContext, { exportId, what }: OpenExport): Promise<ExportFile> {
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx.select().from(auditExports).where(isOwn(ctx, { exportId }));
		if (!row) throw notFound("This export");
		if (row.state === "queued" || row.state === "running")
			throw new AppError("CONFLICT", "This export is not ready yet: wait until it is done.");
		if (toExport(row).state !== "ready") throw new AppError("NOT_FOUND", "This file is gone: make a new export.");
		const file = what === "file" ? await wholeFile(tx, row) : certificateFile(row);
		await audit(ctx, tx, {
			action: "audit.download",
			resource: "audit",
			resourceId: row.id,
			detail: { format: row.format, what, rows: row.rows, sha256: row.sha256 },
		});
		return file;
	});
}

async function wholeFile(tx: Reader, row: ExportRow): Promise<ExportFile> {
	const parts = await tx
		.select({ sha256: auditExportParts.sha256 })
		.from(auditExportParts)
		.where(eq(auditExportParts.exportId, row.id))
		.orderBy(asc(auditExportParts.no));
	return {
		name: fileNameOf(row),
		mediaType: formats[row.format].mediaType,
		bytes: row.bytes,
		parts: parts.map(({ sha256 }) => sha256),
	};
}

function certificateFile(row: ExportRow): ExportFile {
	if (!row.certificate) throw notFound("This certificate");
	return {
		name: fileNameOf(row).replace(/\.[a-z.]+$/, "-certificate.pdf"),
		mediaType: "application/pdf",
		bytes: row.certificateBytes,
		parts: [row.certificate],
	};
}

/** Whoever asked, with the rights of this moment; null where they may not export any more. */
export async function findExporter(ctx: ServiceContext, userId: string): Promise<UserActor | null> {
	const person = await readUserActor(ctx.db.orm, userId, isNull(users.disabledAt));
	return person?.permissions.has("audit:export") ? person : null;
}
