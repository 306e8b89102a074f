import type { Database, Reader } from "@/db/connection";

/** What a search may look through: worked out from the caller's rights and filter, before anything is searched. */
export type Scope = {
	collections: ScopedCollection[];
	/** Documents of whole collections that are left out all the same. */
	except: number[];
	/** Documents of the other collections, the only ones of them to look in. */
	only: number[];
};
export type ScopedCollection = {
	id: string;
	no: number;
	/** What can be found in it, as a number that goes up with each change. */
	version: number;
	/** Everything in it but `except`; else only `only`. */
	isWhole: boolean;
};

/** A passage's vector, and where it belongs. */
export type Point = { chunkId: number; collectionNo: number; documentNo: number; vector: Float32Array };
export type Near = { id: number; similarity: number };
export type Wanted = { chunkId: number; collectionNo: number; documentNo: number };

/** The store can't be reached or does not answer in time: search goes on by keywords, and says so. */
export class StoreAway extends Error {
	override name = "StoreAway";
}

/**
 * Where vectors are searched. PostgreSQL holds every vector, in the transactions that hold its passages; a store beside it is an
 * index of them that can be made anew at any time.
 */
export type VectorStore = {
	readonly name: "postgres" | "qdrant";
	/** The passages nearest to the query out of the scope, nearest first; nothing outside of it is compared. */
	nearest(db: Database, scope: Scope, query: Float32Array, most: number): Promise<Near[]>;
	/** The similarity of each of these passages; those outside of the scope, or without a vector, are left out. */
	similarities(db: Database, scope: Scope, query: Float32Array, wanted: Wanted[]): Promise<Map<number, number>>;
	/** Written twice is written once. When it is done, all of them can be found. */
	put(db: Reader, points: Point[]): Promise<void>;
	/** Out of this index of theirs alone, where one is named; else out of all. */
	removeDocuments(db: Reader, documentNos: number[], collectionNo?: number): Promise<void>;
	/** Everything of one index of a collection. */
	removeIndex(db: Reader, collectionNo: number): Promise<void>;
	count(db: Reader, collectionNo: number): Promise<number>;
	/** Throws StoreAway where it is not well. */
	check(db: Reader): Promise<void>;
};
