import { join } from "node:path";
import type { auditExports } from "@/db/schema";
import { env } from "@/server/core/env";
import { FileStore } from "@/server/files/store";
import { type AuditExport, AuditFilter } from "../contract";
import { formats } from "../outlets/formats";

let store: FileStore | undefined;
/** Exports lie apart from documents: they have other readers and another end. */
export function exportStore(): FileStore {
	store ??= new FileStore(join(env().QD_DATA, "exports"));
	return store;
}

export type ExportRow = typeof auditExports.$inferSelect;

/** Made by us alone, so that nothing in a name can mislead a browser or a person. */
export const fileNameOf = ({ id, format, createdAt }: Pick<ExportRow, "id" | "format" | "createdAt">): string =>
	`audit-${createdAt.toISOString().slice(0, 10)}-${id.slice(0, 8)}.${formats[format].ending}`;

const isOver = ({ state, expiresAt }: ExportRow) => state === "ready" && expiresAt !== null && expiresAt <= new Date();

export function toExport(row: ExportRow): AuditExport {
	const span = row.toSeq - row.fromSeq;
	return {
		id: row.id,
		format: row.format,
		filter: AuditFilter.parse(row.filter),
		state: isOver(row) ? "expired" : row.state,
		progress: row.state === "ready" || span === 0 ? 1 : (row.seenSeq - row.fromSeq) / span,
		rows: row.rows,
		bytes: row.bytes,
		fileName: fileNameOf(row),
		sha256: row.sha256,
		hasCertificate: row.certificate !== null,
		isProved: row.proof?.isValid ?? null,
		reason: row.reason,
		createdAt: row.createdAt,
		endedAt: row.endedAt,
		expiresAt: row.expiresAt,
	};
}
