import type { sources } from "@/db/schema";
import { unseal } from "@/server/core/vault";

export type SourceRow = typeof sources.$inferSelect;

/** Where a source's secret is sealed for. */
export const secretPlace = (sourceId: string, version: number) => ({
	table: "sources",
	row: sourceId,
	column: "sealed_secret",
	version,
});

export const secretOf = (source: SourceRow): string | null =>
	source.sealedSecret && unseal(source.sealedSecret, secretPlace(source.id, source.secretVersion));
