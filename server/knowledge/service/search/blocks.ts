import { setImmediate as nextTurn } from "node:timers/promises";
import { and, asc, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { chunkVectors, documents } from "@/db/schema";
import type { Visible } from "../access";

/** A collection's vectors, one after the other, in the order of their passages' ids. */
export type Block = { version: number; ids: number[]; vectors: Float32Array; dimension: number };

type Options = { model: string; dimension: number; maxBytes?: number };

const rowsAtOnce = 1000;
const defaultMaxBytes = 256 * 1024 * 1024;

/** Vectors in memory, a block a collection: rights are the choice of blocks. Loaded when asked for, the least used dropped. */
export class BlockCache {
	private readonly blocks = new Map<string, Block>();
	private readonly loading = new Map<string, Promise<Block>>();

	constructor(private readonly options: Options) {}

	/** The blocks of these collections, each at the given version or newer. */
	async get(db: Database, wanted: Visible[]): Promise<Block[]> {
		const blocks: Block[] = [];
		for (const collection of wanted) {
			const block = this.known(collection) ?? (await this.load(db, collection));
			if (block.ids.length > 0) blocks.push(block);
		}
		this.evict(new Set(wanted.map((collection) => collection.id)));
		return blocks;
	}

	private known({ id, version }: Visible): Block | null {
		const block = this.blocks.get(id);
		if (!block || block.version < version) return null;
		this.keep(id, block);
		return block;
	}

	private async load(db: Database, collection: Visible): Promise<Block> {
		const key = `${collection.id} ${collection.version}`;
		const pending = this.loading.get(key) ?? readBlock(db, collection, this.options);
		this.loading.set(key, pending);
		try {
			const block = await pending;
			this.keep(collection.id, block);
			return block;
		} finally {
			this.loading.delete(key);
		}
	}

	/** The last used stands last. */
	private keep(id: string, block: Block): void {
		const known = this.blocks.get(id);
		this.blocks.delete(id);
		this.blocks.set(id, known && known.version > block.version ? known : block);
	}

	private evict(inUse: Set<string>): void {
		const most = this.options.maxBytes ?? defaultMaxBytes;
		let bytes = [...this.blocks.values()].reduce((sum, block) => sum + block.vectors.byteLength, 0);
		for (const [id, block] of this.blocks) {
			if (bytes <= most) return;
			if (inUse.has(id)) continue;
			this.blocks.delete(id);
			bytes -= block.vectors.byteLength;
		}
	}
}

async function readBlock(db: Database, { no, version }: Visible, { model, dimension }: Options): Promise<Block> {
	const ids: number[] = [];
	let bytes = new Uint8Array(dimension * 4 * rowsAtOnce);
	for (let last = 0; ; ) {
		const rows = await rowsAfter(db, no, model, last);
		const end = (ids.length + rows.length) * dimension * 4;
		if (end > bytes.length) {
			const larger = new Uint8Array(Math.max(end, bytes.length * 2));
			larger.set(bytes);
			bytes = larger;
		}
		for (const { id, vector } of rows) {
			bytes.set(vector, ids.length * dimension * 4);
			ids.push(id);
		}
		last = ids.at(-1) ?? 0;
		if (rows.length < rowsAtOnce) {
			const vectors = new Float32Array(bytes.slice(0, ids.length * dimension * 4).buffer);
			return { version, ids, vectors, dimension };
		}
		await nextTurn();
	}
}

/** Vectors of what is ready only; what is being read in, or was deleted, can't be found. */
const rowsAfter = (db: Database, no: number, model: string, last: number) =>
	db.orm
		.select({ id: chunkVectors.chunkId, vector: chunkVectors.vector })
		.from(chunkVectors)
		.where(
			and(
				eq(chunkVectors.collectionNo, no),
				eq(chunkVectors.model, model),
				gt(chunkVectors.chunkId, last),
				inArray(
					chunkVectors.documentId,
					db.orm
						.select({ id: documents.id })
						.from(documents)
						.where(and(eq(documents.state, sql`'ready'`), isNull(documents.deletedAt))),
				),
			),
		)
		.orderBy(asc(chunkVectors.chunkId))
		.limit(rowsAtOnce);
