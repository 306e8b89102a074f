import { setImmediate as nextTurn } from "node:timers/promises";
import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { chunkVectors, documents } from "@/db/schema";
import type { ScopedCollection } from "../store";
import { bytesOf, copyFine, type Fine, makeFine, putFine } from "./fine";

/** Where a document's rows stand; `stamp` tells one reading of it from the next. */
export type Segment = { from: number; to: number; stamp: string };
/** A collection's vectors, document after document, in memory that threads share. Rows are only ever added behind `count`. */
export type Block = {
	version: number;
	count: number;
	ids: Float64Array;
	vectors: Fine;
	/** By the document's number, in the order of their rows. What is not in it, is not there any more. */
	segments: Map<number, Segment>;
	/** All of it that is there. */
	ranges: Int32Array;
};

type Options = { model: string; dimension: number; maxBytes?: number };
type Listed = { id: string; no: number; stamp: string; chunkCount: number };

/** What is parsed between two turns of other work: about 3 ms. */
const rowsAtOnce = 250;
const defaultMaxBytes = 256 * 1024 * 1024;
/** Room for documents that come later, so that one more does not copy everything. */
const spare = 1.1;

/** Vectors in memory, a block a collection: rights are the choice of blocks and rows. Loaded when asked for, the least used dropped. */
export class BlockCache {
	/** By the number of the index: one that is switched to begins anew. */
	private readonly blocks = new Map<number, Block>();
	private readonly loading = new Map<number, Promise<Block>>();

	constructor(private readonly options: Options) {}

	/** The blocks of these collections, each at the given version or newer, in their order. */
	async get(db: Database, wanted: ScopedCollection[]): Promise<Block[]> {
		const blocks: Block[] = [];
		for (const collection of wanted) blocks.push(this.known(collection) ?? (await this.load(db, collection)));
		this.evict(new Set(wanted.map((collection) => collection.no)));
		return blocks;
	}

	private known({ no, version }: ScopedCollection): Block | null {
		const block = this.blocks.get(no);
		if (!block || block.version < version) return null;
		this.keep(no, block);
		return block;
	}

	/** One load of a collection at a time: the next goes on from what this one has. */
	private async load(db: Database, collection: ScopedCollection): Promise<Block> {
		for (;;) {
			const pending = this.loading.get(collection.no);
			if (!pending) break;
			const block = await pending.catch(() => null);
			if (block && block.version >= collection.version) return block;
		}
		const work = readBlock(db, collection, this.options, this.blocks.get(collection.no));
		this.loading.set(collection.no, work);
		try {
			const block = await work;
			this.keep(collection.no, block);
			return block;
		} finally {
			this.loading.delete(collection.no);
		}
	}

	/** The last used stands last. */
	private keep(no: number, block: Block): void {
		const known = this.blocks.get(no);
		this.blocks.delete(no);
		this.blocks.set(no, known && known.version > block.version ? known : block);
	}

	private evict(inUse: Set<number>): void {
		const most = this.options.maxBytes ?? defaultMaxBytes;
		let bytes = [...this.blocks.values()].reduce((sum, block) => sum + bytesOf(block.vectors), 0);
		for (const [no, block] of this.blocks) {
			if (bytes <= most) return;
			if (inUse.has(no)) continue;
			this.blocks.delete(no);
			bytes -= bytesOf(block.vectors);
		}
	}
}

/** Takes over from the block before what has not changed, and reads only what is new. */
async function readBlock(
	db: Database,
	{ id, no, version }: ScopedCollection,
	{ model, dimension }: Options,
	before?: Block,
): Promise<Block> {
	const listed = await listReady(db, id);
	const isKept = (one: Listed) => before?.segments.get(one.no)?.stamp === one.stamp;
	const fresh = listed.filter((one) => !isKept(one));
	const block = roomFor(before, listed, fresh, dimension);
	block.version = version;
	for (let from = 0; from < fresh.length; ) {
		let to = from;
		for (let rows = 0; to < fresh.length && (to === from || rows < rowsAtOnce); to++)
			rows += fresh[to]?.chunkCount ?? 0;
		await append(db, block, { no, model }, fresh.slice(from, to));
		from = to;
		await nextTurn();
	}
	block.ranges = rangesOf(block, () => true);
	return block;
}

/** The rows of these documents, from and to in turn; those side by side are one range. */
export function rangesOf({ segments }: Block, isIn: (documentNo: number) => boolean): Int32Array {
	const ranges: number[] = [];
	for (const [no, { from, to }] of segments) {
		if (!isIn(no)) continue;
		if (ranges.at(-1) === from) ranges[ranges.length - 1] = to;
		else ranges.push(from, to);
	}
	return Int32Array.from(ranges);
}

/** What is ready only; what is being read in, or was deleted, can't be found. */
async function listReady(db: Database, collectionId: string): Promise<Listed[]> {
	return db.orm
		.select({
			id: documents.id,
			no: documents.no,
			stamp: sql<string>`${documents.attempt} || ' ' || ${documents.readyAt}`,
			chunkCount: sql<number>`coalesce(${documents.chunkCount}, 0)`,
		})
		.from(documents)
		.where(and(eq(documents.collectionId, collectionId), eq(documents.state, "ready"), isNull(documents.deletedAt)))
		.orderBy(asc(documents.no));
}

/** A block with the segments that stay, and room for the rest; copied together where too little room or too much waste is in it. */
function roomFor(before: Block | undefined, listed: Listed[], fresh: Listed[], dimension: number): Block {
	const isFresh = new Set(fresh.map((one) => one.no));
	const stay = listed.flatMap(({ no }) => {
		const segment = isFresh.has(no) ? undefined : before?.segments.get(no);
		return segment ? [[no, segment] as const] : [];
	});
	const kept = stay.reduce((sum, [, { from, to }]) => sum + to - from, 0);
	const added = fresh.reduce((sum, { chunkCount }) => sum + chunkCount, 0);
	const isRoomy = before && before.count + added <= before.ids.length && before.count <= kept * 1.5 + 1_000;
	if (isRoomy) return { ...before, segments: new Map(stay) };
	const block = emptyBlock(Math.ceil((kept + added) * (before ? spare : 1)) + 64, dimension);
	for (const [no, { from, to, stamp }] of stay) {
		if (!before) break;
		block.ids.set(before.ids.subarray(from, to), block.count);
		copyFine(block.vectors, block.count, before.vectors, from, to);
		block.segments.set(no, { from: block.count, to: block.count + to - from, stamp });
		block.count += to - from;
	}
	return block;
}

const emptyBlock = (rows: number, dimension: number): Block => ({
	version: 0,
	count: 0,
	ids: new Float64Array(new SharedArrayBuffer(rows * 8)),
	vectors: makeFine(rows, dimension),
	segments: new Map(),
	ranges: new Int32Array(),
});

/** The driver would make a buffer of each, which stays until the whole heap is looked through. */
const vectorAsHex = sql<string>`encode(${chunkVectors.vector}, 'hex')`;

async function append(
	db: Database,
	block: Block,
	{ no, model }: { no: number; model: string },
	some: Listed[],
): Promise<void> {
	const byId = new Map(some.map((one) => [one.id, one]));
	const rows = await db.orm
		.select({ id: chunkVectors.chunkId, documentId: chunkVectors.documentId, hex: vectorAsHex })
		.from(chunkVectors)
		.where(
			and(
				inArray(chunkVectors.documentId, [...byId.keys()]),
				eq(chunkVectors.collectionNo, no),
				eq(chunkVectors.model, model),
			),
		)
		.orderBy(asc(chunkVectors.documentId), asc(chunkVectors.chunkId));
	// One copy for all, of which each number is read once: a hundred thousand of them would be a process's largest garbage.
	const vector = new Float32Array(block.vectors.dimension);
	const copy = Buffer.from(vector.buffer);
	for (const { id, documentId, hex } of rows) {
		if (block.count >= block.ids.length) grow(block);
		const document = byId.get(documentId);
		if (!document) continue;
		const segment = block.segments.get(document.no) ?? { from: block.count, to: block.count, stamp: document.stamp };
		block.ids[block.count] = id;
		copy.write(hex, "hex");
		putFine(block.vectors, block.count, vector);
		block.segments.set(document.no, { ...segment, to: ++block.count });
	}
}

/** A document that was read again meanwhile may have more passages than were counted. */
function grow(block: Block): void {
	const larger = emptyBlock(Math.ceil(block.ids.length * spare) + rowsAtOnce, block.vectors.dimension);
	larger.ids.set(block.ids);
	copyFine(larger.vectors, 0, block.vectors, 0, block.count);
	block.ids = larger.ids;
	block.vectors = larger.vectors;
}
