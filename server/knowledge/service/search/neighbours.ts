import { sql } from "drizzle-orm";
import { z } from "zod";
import { chunks } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";

type Place = { chunkId: number; documentId: string; collectionNo: number; ordinal: number };
type Around = { before: string; after: string };
const Row = z.object({ id: z.coerce.number(), distance: z.number(), text: z.string() });

/** What stands before and after each passage in its document, which the caller was just found to be allowed to read. */
export async function neighboursOf(ctx: ServiceContext, places: Place[], reach: number): Promise<Map<number, Around>> {
	if (reach === 0 || places.length === 0) return new Map();
	const wanted = JSON.stringify(
		places.map(({ chunkId, documentId, collectionNo, ordinal }) => ({ chunkId, documentId, collectionNo, ordinal })),
	);
	const rows = z.array(Row).parse(
		await ctx.db.orm.execute(sql`
			select wanted."chunkId" as id, near.ordinal - wanted.ordinal as distance, near.text
			from jsonb_to_recordset(${wanted}::jsonb) as wanted ("chunkId" bigint, "documentId" uuid, "collectionNo" int, ordinal int)
			join ${chunks} near on near.document_id = wanted."documentId" and near.collection_no = wanted."collectionNo"
				and near.ordinal between wanted.ordinal - ${reach}::int and wanted.ordinal + ${reach}::int and near.ordinal <> wanted.ordinal
			order by near.ordinal`),
	);
	const around = new Map<number, Around>();
	for (const { id, distance, text } of rows) {
		const one = around.get(id) ?? { before: "", after: "" };
		const side = distance < 0 ? "before" : "after";
		around.set(id, { ...one, [side]: one[side] ? `${one[side]}\n\n${text}` : text });
	}
	return around;
}
