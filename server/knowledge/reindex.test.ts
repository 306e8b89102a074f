import { and, eq, inArray, ne } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, chunks, chunkVectors, collections, documents, formerPassages, postings } from "@/db/schema";
import { share } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { prose } from "@/tests/support/documents";
import { startEmbedder } from "@/tests/support/embedder";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { addReady, bringDocument, ingest, makeCollection } from "@/tests/support/knowledge";
import { startQdrant } from "@/tests/support/qdrant";
import type { Collection } from "./contract";
import { embedder, setHostedEmbedder } from "./embedding";
import { HostedEmbedder } from "./embedding/hosted-embedder";
import { knowledgeJobs } from "./jobs";
import {
	cancelReindex,
	chunkDocument,
	deleteDocument,
	embedChunks,
	getIndexing,
	indexDocument,
	parseDocument,
	purgeDocument,
	readDocument,
	reindexCollection,
	removeIndex,
	searchKnowledge,
	switchIndex,
	updateDocument,
	workReindex,
} from "./service";
import { startAgain } from "./service/retry-document";
import { setStoreBeside } from "./vectors";
import { QdrantStore } from "./vectors/qdrant";

const model = "words-of-the-harbour";
const dimension = 64;
let db: Database;
let ctx: ServiceContext;
let endpoint: Awaited<ReturnType<typeof startEmbedder>>;
let qdrant: Awaited<ReturnType<typeof startQdrant>>;
beforeAll(async () => {
	[db, endpoint, qdrant] = await Promise.all([testDatabase(), startEmbedder(dimension), startQdrant()]);
	ctx = await testContext(db);
});
afterEach(() => {
	setHostedEmbedder(null);
	setStoreBeside(null);
	endpoint.setAway(false);
	qdrant.become("none");
});
afterAll(() => {
	endpoint.stop();
	qdrant.stop();
});

const hosted = () => new HostedEmbedder({ url: endpoint.url, key: undefined, model, dimension });
const besides = {
	"PostgreSQL alone": () => null,
	"Qdrant beside it": () => {
		const limits = { retries: 0, backoffMs: 1, failuresToOpen: 1_000, openMs: 0 };
		return new QdrantStore({ url: qdrant.url, ...embedder(), isQuantized: false, limits });
	},
};
const useQdrant = () => setStoreBeside(besides["Qdrant beside it"]());

const noOf = async ({ id }: Pick<Collection, "id">) => {
	const [row] = await db.orm.select({ no: collections.no }).from(collections).where(eq(collections.id, id));
	return row?.no ?? 0;
};
const find = async (query: string, of: Pick<Collection, "id">, by = ctx) =>
	searchKnowledge(by, { query, limit: 20, collectionIds: [of.id] });
const namesOf = async (query: string, of: Pick<Collection, "id">, by = ctx) =>
	(await find(query, of, by)).passages.map(({ documentName }) => documentName).toSorted();
const finish = async (no: number) => {
	for (;;) {
		expect(await workReindex(ctx, no, 60_000)).toBe("caughtUp");
		const switched = await switchIndex(ctx, no);
		if (switched !== "behind") return switched;
	}
};

/** Everything that a collection's index is made of, without numbers that another making gives anew. */
async function contents(of: Pick<Collection, "id">) {
	const no = await noOf(of);
	const rows = await db.orm
		.select({
			...{ name: documents.name, count: documents.chunkCount, terms: documents.termCount },
			...{ ordinal: chunks.ordinal, start: chunks.startOffset, text: chunks.text, length: chunks.length },
			...{ model: chunkVectors.model, vector: chunkVectors.vector },
		})
		.from(chunks)
		.innerJoin(documents, eq(documents.id, chunks.documentId))
		.leftJoin(chunkVectors, and(eq(chunkVectors.chunkId, chunks.id), eq(chunkVectors.collectionNo, no)))
		.where(and(eq(documents.collectionId, of.id), eq(chunks.collectionNo, no)))
		.orderBy(documents.name, chunks.ordinal);
	const words = await db.orm.select().from(postings).where(eq(postings.collectionNo, no));
	return { passages: rows.map(({ vector, ...row }) => ({ ...row, vector: vector?.length })), words: words.length };
}
/** What there is of the collection in any other index than the one that is searched. */
const leftovers = async (of: Pick<Collection, "id">) => {
	const rows = await db.orm
		.select({ id: chunks.id })
		.from(chunks)
		.innerJoin(documents, eq(documents.id, chunks.documentId))
		.where(and(eq(documents.collectionId, of.id), ne(chunks.collectionNo, await noOf(of))));
	return rows.length;
};
const pointsOf = (no: number) => qdrant.points().filter(({ payload }) => payload.collection === no);

describe.each(Object.entries(besides))("with %s, a re-index", (name, beside) => {
	test("is beside what is searched until it is whole, with what came, changed, went and was restricted meanwhile", async () => {
		setStoreBeside(beside());
		const reader = await testContext(db);
		const collection = await makeCollection(ctx);
		const grantee = requireUser(reader).userId;
		await share(ctx, { kind: "collection", resourceId: collection.id, grantee, level: "read" });
		const crane = await addReady(ctx, collection, "crane.txt", `The crane lifts forty tonnes. ${prose(4000)}`);
		const gone = await addReady(ctx, collection, "gone.txt", "The crane that was sold.");
		const kept = await addReady(ctx, collection, "kept.txt", "The crane driver's pay.");
		const old = { no: await noOf(collection), ...(await find("crane lifts tonnes", collection)) };

		setHostedEmbedder(hosted());
		const { no } = await reindexCollection(ctx, {
			collectionId: collection.id,
			model,
			chunkSize: 500,
			chunkOverlap: 50,
		});
		expect(await workReindex(ctx, no, 60_000)).toBe("caughtUp");
		expect(await noOf(collection)).toBe(old.no);
		expect((await find("crane lifts tonnes", collection)).passages.map((one) => one.chunkId)).toEqual(
			old.passages.map((one) => one.chunkId),
		);

		await addReady(ctx, collection, "new.txt", "A new crane was bought.");
		await deleteDocument(ctx, { documentId: gone.id });
		await updateDocument(ctx, { documentId: kept.id, isRestricted: true });
		await db.transaction((tx) => startAgain(ctx, tx, crane.id));
		await ingest(ctx, crane);
		expect(await switchIndex(ctx, no)).toBe("behind");
		expect(await noOf(collection)).toBe(old.no);
		expect(await finish(no)).toBe("switched");

		expect(await noOf(collection)).toBe(no);
		const found = await find("crane", collection);
		expect(found.degraded).toBeNull();
		expect(found.passages.map((one) => one.documentName).toSorted()).toContain("new.txt");
		expect(found.passages.every((one) => one.vectorRank !== null)).toBe(true);
		expect(await namesOf("crane", collection)).not.toContain("gone.txt");
		expect(await namesOf("crane", collection, reader)).not.toContain("kept.txt");
		await purgeDocument(ctx, { documentId: gone.id });
		const after = await contents(collection);
		expect(after.passages.every((one) => one.model === model && one.vector === dimension * 4)).toBe(true);
		expect(after.passages.every((one) => one.text.length <= 500)).toBe(true);
		expect(after.passages.filter((one) => one.name === "crane.txt")).toHaveLength(
			after.passages.find((one) => one.name === "crane.txt")?.count ?? 0,
		);

		// What cites a passage of the old index opens where it stood, before and after that is gone.
		const cited = old.passages.find((one) => one.documentId === kept.id);
		const open = () => readDocument(ctx, { documentId: kept.id, chunkId: cited?.chunkId });
		expect((await open()).passage?.text).toBe(cited?.text);
		for (let n = 0; n < 2; n++) await removeIndex(ctx, { indexNo: old.no, collectionId: collection.id });
		expect((await open()).passage?.text).toBe(cited?.text);
		expect(await leftovers(collection)).toBe(0);
		expect(await contents(collection)).toEqual(after);
		if (name !== "PostgreSQL alone") {
			expect(pointsOf(old.no)).toEqual([]);
			expect(pointsOf(no)).toHaveLength(after.passages.length);
		}
		const { live, building, history } = await getIndexing(ctx, { collectionId: collection.id });
		expect(live).toEqual({ model, dimension, chunkSize: 500, chunkOverlap: 50 });
		expect(building).toBeNull();
		expect(history).toMatchObject([{ no, state: "live", before: { chunkSize: 1000 } }]);
	});

	test("that is cancelled leaves what is searched as it was, and nothing of itself", async () => {
		setStoreBeside(beside());
		const collection = await makeCollection(ctx);
		for (let n = 0; n < 3; n++) await addReady(ctx, collection, `${n}.txt`, `Pier ${n}. ${prose(1500)}`);
		const before = await contents(collection);
		const { no } = await reindexCollection(ctx, { collectionId: collection.id, chunkSize: 400 });
		expect(await workReindex(ctx, no, 0)).toBe("more");
		expect(await leftovers(collection)).toBeGreaterThan(0);
		const { building } = await getIndexing(ctx, { collectionId: collection.id });
		expect(building?.done).toBeGreaterThan(0);
		expect(building?.done).toBeLessThan(building?.total ?? 0);
		expect(await cancelReindex(ctx, { collectionId: collection.id })).toMatchObject({ state: "cancelled" });
		expect(await workReindex(ctx, no, 60_000)).toBe("over");
		expect(await switchIndex(ctx, no)).toBe("over");
		await removeIndex(ctx, { indexNo: no, collectionId: collection.id });
		expect(await leftovers(collection)).toBe(0);
		expect(pointsOf(no)).toEqual([]);
		expect(await contents(collection)).toEqual(before);
		expect(await db.orm.select().from(formerPassages).where(eq(formerPassages.documentId, collection.id))).toEqual([]);
		await expect(cancelReindex(ctx, { collectionId: collection.id })).rejects.toMatchObject({ code: "CONFLICT" });
	});
});

test("whichever of its transactions is the last of a process, before or after it is written, the next goes on to the same end", async () => {
	setHostedEmbedder(hosted());
	useQdrant();
	const collection = await makeCollection(ctx);
	for (let n = 0; n < 2; n++) await addReady(ctx, collection, `${n}.txt`, `Berth ${n}. ${prose(1500)}`);
	const making = { collectionId: collection.id, chunkSize: 300 };
	await finish((await reindexCollection(ctx, making)).no);
	const whole = await contents(collection);
	for (let last = 1, isOver = false; !isOver; last++) {
		const { no } = await reindexCollection(ctx, making);
		const mortal = { ...ctx, db: dyingAt(last) };
		const died = await workReindex(mortal, no, 60_000).then(
			() => switchIndex(mortal, no).then(() => false, isDeath),
			isDeath,
		);
		isOver = !died;
		expect(["switched", "over"]).toContain(await finish2(no));
		const found = await contents(collection);
		expect(found).toEqual(whole);
		expect(pointsOf(no)).toHaveLength(whole.passages.length);
		if (last > 60) throw new Error("It never came to its end");
	}
	/** A switch that was written before the death is not made twice. */
	async function finish2(no: number) {
		const worked = await workReindex(ctx, no, 60_000);
		return worked === "over" ? "over" : switchIndex(ctx, no);
	}
});

class Death extends Error {}
const isDeath = (error: unknown): boolean => {
	if (error instanceof Death) return true;
	throw error;
};
/** A database whose n-th transaction is the last: every other one is written before the process dies. */
function dyingAt(n: number): Database {
	let count = 0;
	return new Proxy(db, {
		get: (target, key) => {
			if (key !== "transaction") return Reflect.get(target, key, target);
			return async (work: Parameters<Database["transaction"]>[0]) => {
				count++;
				if (count > n) throw new Death();
				if (count < n) return target.transaction(work);
				if (n % 2 === 0) throw new Death();
				await target.transaction(work);
				throw new Death();
			};
		},
	});
}

test("while the engine re-indexes, every search finds all that is there, out of one index; what is added and deleted meanwhile is right at once", async () => {
	await emptyJobs(db);
	useQdrant();
	setHostedEmbedder(null);
	const collection = await makeCollection(ctx);
	for (let n = 0; n < 6; n++)
		await addReady(ctx, collection, `${n}.txt`, `Lantern ${n} hangs aft. ${prose(900, `Boat ${n}`)}`);
	setHostedEmbedder(hosted());
	const { no } = await reindexCollection(ctx, { collectionId: collection.id, model, chunkSize: 600 });
	let isOver = false;
	const searching = (async () => {
		while (!isOver) {
			const { passages, degraded } = await find("lantern aft", collection);
			expect(degraded).toBeNull();
			expect(new Set(passages.map((one) => one.documentName)).size).toBeGreaterThanOrEqual(5);
			expect(passages.map((one) => one.documentName)).not.toContain("deleted.txt");
			const ids = passages.map((one) => one.chunkId);
			const nos = await db.orm.selectDistinct({ no: chunks.collectionNo }).from(chunks).where(inArray(chunks.id, ids));
			expect(nos.length).toBeLessThanOrEqual(1);
		}
	})();
	await testEngine(db, inngest, [...knowledgeJobs]);
	const added = await bringDocument(ctx, collection, "added.txt", "A lantern that was added, aft.");
	await deleteDocument(ctx, { documentId: (await readyOf(collection, "0.txt")).id });
	await until(async () => ((await noOf(collection)) === no ? true : null), 60_000);
	const ready = () => db.orm.select({ state: documents.state }).from(documents).where(eq(documents.id, added.id));
	await until(async () => ((await ready())[0]?.state === "ready" ? true : null), 60_000);
	isOver = true;
	await searching;
	expect(new Set(await namesOf("lantern aft", collection))).toEqual(
		new Set(["1.txt", "2.txt", "3.txt", "4.txt", "5.txt", "added.txt"]),
	);
	expect((await contents(collection)).passages.every((one) => one.model === model)).toBe(true);
	const entries = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, collection.id));
	expect(entries.map((one) => one.action)).toEqual(
		expect.arrayContaining(["collection.reindex-start", "collection.reindex"]),
	);
});
const readyOf = async ({ id }: Pick<Collection, "id">, name: string) => {
	const isIt = and(eq(documents.collectionId, id), eq(documents.name, name));
	const [row] = await db.orm.select({ id: documents.id }).from(documents).where(isIt);
	if (!row) throw new Error(`There is no ${name}`);
	return row;
};

test("a document that is being read in while the index is switched is cut and embedded anew for the new one", async () => {
	const collection = await makeCollection(ctx);
	const late = await bringDocument(ctx, collection, "late.txt", `The late tender. ${prose(2000)}`);
	const attempt = { documentId: late.id, attempt: 1 };
	await parseDocument(ctx, attempt);
	await embedChunks(ctx, attempt, { from: 0, to: (await chunkDocument(ctx, attempt)) ?? 0 });
	setHostedEmbedder(hosted());
	const { no } = await reindexCollection(ctx, { collectionId: collection.id, model, chunkSize: 500 });
	expect(await finish(no)).toBe("switched");
	expect(await indexDocument(ctx, attempt)).toBe("again");
	expect(await namesOf("late tender", collection)).toEqual([]);
	await ingest(ctx, late);
	expect(await namesOf("late tender", collection)).toContain("late.txt");
	expect((await contents(collection)).passages.every((one) => one.model === model)).toBe(true);
});

test("two who ask for it at once get one; two who work on it at once make it once", async () => {
	const collection = await makeCollection(ctx);
	for (let n = 0; n < 4; n++) await addReady(ctx, collection, `${n}.txt`, `Mooring ${n}. ${prose(1200)}`);
	const ask = () => reindexCollection(ctx, { collectionId: collection.id, chunkSize: 300 });
	const asked = await Promise.allSettled([ask(), ask()]);
	const [refused] = asked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
	expect(refused).toMatchObject({ code: "CONFLICT" });
	const { no } = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))[0] ?? { no: 0 };
	await Promise.all([workReindex(ctx, no, 60_000), workReindex(ctx, no, 60_000)]);
	const switched = await Promise.all([switchIndex(ctx, no), switchIndex(ctx, no)]);
	expect(switched.toSorted()).toEqual(["over", "switched"]);
	const made = await contents(collection);
	expect(made.passages.every((one) => one.vector === 384 * 4)).toBe(true);
	expect(new Set(made.passages.map((one) => `${one.name} ${one.ordinal}`)).size).toBe(made.passages.length);
});

test("what one model made is never compared with another's: a search over both asks each, and says when one is gone or away", async () => {
	const near = await makeCollection(ctx, { name: "Near" });
	const far = await makeCollection(ctx, { name: "Far" });
	for (const one of [near, far]) await addReady(ctx, one, `${one.name}.txt`, "The pilot boards at the buoy.");
	setHostedEmbedder(hosted());
	const { no } = await reindexCollection(ctx, { collectionId: far.id, model });
	await finish(no);
	const both = () => searchKnowledge(ctx, { query: "pilot boards buoy", limit: 8, collectionIds: [near.id, far.id] });
	const found = await both();
	expect(found.degraded).toBeNull();
	expect(found.passages).toHaveLength(1);
	expect(found.passages[0]).toMatchObject({ vectorRank: 1, duplicates: [expect.anything()] });
	setHostedEmbedder(null);
	expect((await both()).degraded).toContain("not set up any more");
	expect(await namesOf("pilot boards", far)).toEqual(["Far.txt"]);
	const late = await bringDocument(ctx, far, "late.txt", "Another pilot.");
	await expect(ingest(ctx, late)).rejects.toThrow("not set up any more");
});

test("a model or a store that is away is waited for, and said so; one that answers with another dimension is never stored", async () => {
	setHostedEmbedder(hosted());
	useQdrant();
	const collection = await makeCollection(ctx);
	await addReady(ctx, collection, "a.txt", "The fog horn sounds twice.");
	const { no } = await reindexCollection(ctx, { collectionId: collection.id, chunkSize: 400 });
	endpoint.setAway(true);
	await db.orm.delete(chunkVectors).where(eq(chunkVectors.collectionNo, await noOf(collection)));
	expect(await workReindex(ctx, no, 60_000)).toBe("away");
	const { building } = await getIndexing(ctx, { collectionId: collection.id });
	expect(building?.reason).toContain("503");
	endpoint.setAway(false);
	qdrant.become("refuse");
	expect(await workReindex(ctx, no, 60_000)).toBe("away");
	qdrant.become("none");
	expect(await finish(no)).toBe("switched");
	const wrong = new HostedEmbedder({ url: endpoint.url, key: undefined, model, dimension: 32 });
	await expect(wrong.embed(["fog"])).rejects.toThrow("64 numbers");
});

test("who may not change the collection can't, and what a model could not read is refused", async () => {
	const collection = await makeCollection(ctx);
	const [stranger, reader] = await Promise.all([testContext(db), testContext(db)]);
	const grantee = requireUser(reader).userId;
	await share(ctx, { kind: "collection", resourceId: collection.id, grantee, level: "read" });
	const start = (by: ServiceContext, more = {}) => reindexCollection(by, { collectionId: collection.id, ...more });
	await expect(start(stranger)).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(getIndexing(stranger, { collectionId: collection.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(start(reader)).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(cancelReindex(reader, { collectionId: collection.id })).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(start(ctx, { chunkSize: 2000 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(start(ctx, { chunkSize: 400, chunkOverlap: 101 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(start(ctx, { model: "unheard-of" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	expect((await getIndexing(reader, { collectionId: collection.id })).history).toEqual([]);
});
