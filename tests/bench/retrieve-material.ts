import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { asc, eq } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { collections, grants, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { readUserActor } from "@/server/core/rights";
import { embedder } from "@/server/knowledge/embedding";
import { testContext } from "@/tests/support/context";

const passagesOfDocument = 10;
const vectorsAtOnce = 2_000;
/** Words are drawn as they are in a language: the second half as often as the first, the third a third as often. */
const words = 50_000;

type Made = { passages: number; collections: number; wordsEach: number; withVectors: boolean };

/** What another schema or other material was written for is no use. */
export function keptFolder(folder: string | undefined): string | undefined {
	if (!folder) return undefined;
	const made = ["db/migrations/0000_init.sql", "tests/bench/retrieve-material.ts"].map((file) => readFileSync(file));
	return join(resolve(folder), createHash("sha256").update(Buffer.concat(made)).digest("hex").slice(0, 8));
}

/** The system keeps in memory what was read. */
export async function readOver(folder: string): Promise<void> {
	if (!existsSync(folder)) return;
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		for await (const _ of createReadStream(join(entry.parentPath, entry.name), { highWaterMark: 2 ** 20 }));
	}
}

/** Somebody who owns so many passages, or may read the first collection of another; made the first time. */
export async function readerOf(db: Database, name: string, has: Made | { of: string }): Promise<ServiceContext> {
	const [known] = await db.orm.select({ id: users.id }).from(users).where(eq(users.name, name));
	const actor = known ? await readUserActor(db.orm, known.id) : null;
	if (actor) return testContext(db, actor);
	const ctx = await testContext(db);
	const { userId } = requireUser(ctx);
	if ("of" in has) {
		const [first] = await db.orm
			.select({ id: collections.id })
			.from(collections)
			.where(eq(collections.ownerId, has.of))
			.orderBy(asc(collections.no));
		const resourceId = first?.id ?? "";
		await db.orm.insert(grants).values({ resourceKind: "collection", resourceId, grantee: userId, level: "read" });
	} else await makeFor(db, userId, has);
	// The name says that all of it is there.
	await db.orm.update(users).set({ name }).where(eq(users.id, userId));
	return ctx;
}

async function makeFor(db: Database, ownerId: string, made: Made): Promise<void> {
	const started = performance.now();
	const tell = (what: string) => console.error(`${what} ${Math.round((performance.now() - started) / 1000)} s`);
	let ids: string[] = [];
	await withoutIndexes(db, async () => {
		ids = await makePassages(db, { ...made, ownerId });
		tell(`${made.passages} passages`);
	});
	tell("indexes");
	if (made.withVectors) for (const id of ids) await makeVectors(db, id);
	await db.sql.unsafe("vacuum analyze postings, chunks, documents, collections, chunk_vectors");
	tell("all");
}

/** Collections full of passages, written past the services: reading them in would take an hour. Answers with the collections' ids. */
async function makePassages(db: Database, made: Made & { ownerId: string }): Promise<string[]> {
	const ids = Array.from({ length: made.collections }, () => randomUUID());
	const each = made.passages / made.collections;
	const { model, dimension } = embedder();
	await db.sql.begin(async (sql) => {
		// No foreign key is checked row by row: what goes in is known to fit.
		await sql`set local session_replication_role = replica`;
		await sql`set local work_mem = '256MB'`;
		for (const id of ids) {
			await sql`insert into collections (id, name, owner_id, model, dimension)
				values (${id}, ${`Shelf ${id}`}, ${made.ownerId}, ${model}, ${dimension})`;
			await sql`
				insert into documents (collection_id, sha256, name, media_type, size, state, page_count, chunk_count, term_count,
					uploaded_by, ready_at)
				select ${id}::uuid, md5(${id} || n), 'Document ' || n, 'text/plain', 1000, 'ready', 1, ${passagesOfDocument},
					${passagesOfDocument * made.wordsEach}, ${made.ownerId}::uuid, now()
				from generate_series(1, ${each / passagesOfDocument}::int) n`;
			await sql`
				insert into chunks (document_id, collection_no, ordinal, page, start_offset, end_offset, heading, text, length)
				select d.id, c.no, n, 1, 0, 900, '', 'Passage ' || n || ' of ' || d.name || '. ' || repeat('It says what it says. ', 40),
					${made.wordsEach}
				from documents d join collections c on c.id = d.collection_id, generate_series(0, ${passagesOfDocument - 1}::int) n
				where d.collection_id = ${id}`;
			await sql`
				insert into postings (term, collection_no, document_no, chunk_id, tf, length)
				select 'w' || rank, no, document_no, id, count(*), ${made.wordsEach} from (
					select c.id, k.no, d.no as document_no, floor(exp(random() * ln(${words}::float8)))::int as rank
					from chunks c join documents d on d.id = c.document_id join collections k on k.id = d.collection_id,
						generate_series(1, ${made.wordsEach}::int) n
					where d.collection_id = ${id} and n > 0
				) drawn group by id, no, document_no, rank order by id`;
		}
	});
	return ids;
}

async function makeVectors(db: Database, collectionId: string): Promise<void> {
	const rows = await db.sql<{ id: string; documentId: string; no: number }[]>`
		select c.id, c.document_id as "documentId", c.collection_no as no from chunks c
		join documents d on d.id = c.document_id where d.collection_id = ${collectionId} order by c.id`;
	const { model, dimension } = embedder();
	for (let from = 0; from < rows.length; from += vectorsAtOnce) {
		const some = rows.slice(from, from + vectorsAtOnce);
		const vectors = some.map(() => Buffer.from(randomVector(dimension).buffer));
		await db.sql`
			insert into chunk_vectors (chunk_id, collection_no, document_id, model, vector)
			select id, no, document, ${model}, decode(hex, 'hex') from unnest(
				${some.map(({ id }) => id)}::bigint[], ${some.map(({ no }) => no)}::int[],
				${some.map(({ documentId }) => documentId)}::uuid[], ${vectors.map((one) => one.toString("hex"))}::text[]
			) as made (id, no, document, hex)`;
	}
}

function randomVector(dimension: number): Float32Array {
	const vector = Float32Array.from({ length: dimension }, () => Math.random() + Math.random() + Math.random() - 1.5);
	const size = Math.hypot(...vector);
	return vector.map((value) => value / size);
}

/** Indexes are built afterwards, which takes a third of the time, and the planner is told what there is. */
async function withoutIndexes(db: Database, work: () => Promise<void>): Promise<void> {
	await db.sql`alter table postings drop constraint postings_term_collection_no_chunk_id_document_no_tf_length_pk`;
	await db.sql`drop index postings_chunk_idx`;
	await work();
	await db.sql.begin(async (sql) => {
		await sql`set local maintenance_work_mem = '1GB'`;
		await sql`alter table postings add constraint postings_term_collection_no_chunk_id_document_no_tf_length_pk
			primary key (term, collection_no, chunk_id, document_no, tf, length)`;
		await sql`create index postings_chunk_idx on postings (chunk_id)`;
	});
}

/** As somebody asks: a few words that tell and some that are everywhere, none asked before. */
export function question(n: number): string {
	const some = Array.from({ length: 7 }, () => `w${Math.floor(Math.exp(Math.random() * Math.log(words)))}`);
	return `what about ${some.join(" ")} number ${n}`;
}
