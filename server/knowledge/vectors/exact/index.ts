import { and, count, eq, inArray, sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { chunkVectors, documents } from "@/db/schema";
import { embedder } from "../../embedding";
import type { Near, Point, Scope, VectorStore, Wanted } from "../store";
import { type Block, BlockCache, rangesOf } from "./blocks";
import { toBytes } from "./bytes";
import { fineDot } from "./fine";
import type { Rows } from "./scan";
import { Scanner } from "./scanner";

type Options = { model: string; dimension: number; maxBytes?: number };

/** Vectors as rows of PostgreSQL, compared one by one in this process: nothing is missed, and what is out of scope is not read. */
export class ExactStore implements VectorStore {
	readonly name = "postgres";
	private readonly cache: BlockCache;
	private readonly scanner = new Scanner();

	constructor(private readonly options: Options = embedder()) {
		this.cache = new BlockCache(options);
	}

	async nearest(db: Database, scope: Scope, query: Float32Array, most: number): Promise<Near[]> {
		const blocks = await this.cache.get(db, scope.collections);
		return this.scanner.scan(rowsIn(scope, blocks), query, most);
	}

	async similarities(db: Database, scope: Scope, query: Float32Array, wanted: Wanted[]): Promise<Map<number, number>> {
		const blocks = await this.cache.get(db, scope.collections);
		const byNo = new Map(scope.collections.map(({ no }, i) => [no, blocks[i]]));
		const found = new Map<number, number>();
		for (const { chunkId, collectionNo, documentNo } of wanted) {
			const block = byNo.get(collectionNo);
			const segment = block?.segments.get(documentNo);
			if (!block || !segment) continue;
			const row = block.ids.subarray(segment.from, segment.to).indexOf(chunkId);
			if (row >= 0) found.set(chunkId, fineDot(block.vectors, segment.from + row, query));
		}
		return found;
	}

	async put(db: Reader, points: Point[]): Promise<void> {
		if (points.length === 0) return;
		const nos = [...new Set(points.map(({ documentNo }) => documentNo))];
		const rows = await db
			.select({ id: documents.id, no: documents.no })
			.from(documents)
			.where(inArray(documents.no, nos));
		const ids = new Map(rows.map(({ id, no }) => [no, id]));
		const values = points.flatMap(({ chunkId, collectionNo, documentNo, vector }) => {
			const documentId = ids.get(documentNo);
			return documentId
				? [{ chunkId, collectionNo, documentId, model: this.options.model, vector: toBytes(vector) }]
				: [];
		});
		if (values.length === 0) return;
		await db
			.insert(chunkVectors)
			.values(values)
			.onConflictDoUpdate({
				target: chunkVectors.chunkId,
				set: { model: sql`excluded.model`, vector: sql`excluded.vector` },
			});
	}

	async removeDocuments(db: Reader, documentNos: number[], collectionNo?: number): Promise<void> {
		if (documentNos.length === 0) return;
		const ids = db.select({ id: documents.id }).from(documents).where(inArray(documents.no, documentNos));
		const isOfIndex = collectionNo === undefined ? undefined : eq(chunkVectors.collectionNo, collectionNo);
		await db.delete(chunkVectors).where(and(inArray(chunkVectors.documentId, ids), isOfIndex));
	}

	async removeIndex(db: Reader, collectionNo: number): Promise<void> {
		await db.delete(chunkVectors).where(eq(chunkVectors.collectionNo, collectionNo));
	}

	async count(db: Reader, collectionNo: number): Promise<number> {
		const [row] = await db
			.select({ count: count() })
			.from(chunkVectors)
			.where(eq(chunkVectors.collectionNo, collectionNo));
		return row?.count ?? 0;
	}

	async check(db: Reader): Promise<void> {
		await db.execute(sql`select 1`);
	}
}

/** Which rows of each block are in the scope. */
function rowsIn({ collections, except, only }: Scope, blocks: Block[]): Rows[] {
	const hidden = new Set(except);
	const shown = new Set(only);
	return blocks.flatMap((block, i) => {
		const isWhole = collections[i]?.isWhole ?? false;
		const ranges =
			isWhole && hidden.size === 0
				? block.ranges
				: rangesOf(block, (no) => (isWhole ? !hidden.has(no) : shown.has(no)));
		const { ids, vectors } = block;
		return ranges.length > 0 ? [{ ids, vectors, ranges }] : [];
	});
}
