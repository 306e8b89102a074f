// Measures retrieval on a judged collection: `npm run eval -- retrieval --data FOLDER` with docs, queries and qrels as JSON lines.

import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Database } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import type { SearchScope } from "@/server/knowledge/service/search/scope";
import { startTestPostgres } from "../support/postgres";

const Doc = z.object({ id: z.string(), title: z.string().default(""), text: z.string() });
const Query = z.object({ id: z.string(), text: z.string() });
const Judgement = z.object({ qid: z.string(), docid: z.string(), score: z.number() });
type Judged = { id: string; text: string; relevant: Map<string, number> };

const { values } = parseArgs({ options: { data: { type: "string" } }, allowPositionals: true });
if (!values.data) throw new Error("Say where the collection is: --data FOLDER");
const folder = values.data;

async function load() {
	const { Database } = await import("@/db/connection");
	const { migrateUp } = await import("@/db/migrate");
	const schema = await import("@/db/schema");
	const { readUserActor } = await import("@/server/core/rights");
	const service = await import("@/server/knowledge/service");
	const { scopeOf } = await import("@/server/knowledge/service/search/scope");
	const { findKeywords } = await import("@/server/knowledge/service/search/keywords");
	const { findMeaning } = await import("@/server/knowledge/service/search");
	const { readMarkdown } = await import("@/server/knowledge/parsing/markdown");
	const { writeParts } = await import("@/server/knowledge/parsing/page");
	return {
		Database,
		migrateUp,
		schema,
		readUserActor,
		service,
		scopeOf,
		findKeywords,
		findMeaning,
		readMarkdown,
		writeParts,
	};
}

async function evaluate(db: Database): Promise<void> {
	const ctx = await makePerson(db);
	const started = performance.now();
	const { docs, passages } = await ingest(ctx);
	const seconds = (performance.now() - started) / 1000;
	tell("ingest_docs_per_s", docs / seconds, "1/s", docs);
	tell("ingest_passages_per_s", passages / seconds, "1/s", passages);

	const scope = await product.scopeOf(ctx, {});
	const judged = await readJudged();
	// The first search loads the vectors.
	await search(ctx, "warm up");
	const lists = { hybrid: search, lexical: searchKeywords(scope), vectors: searchMeaning(scope) };
	for (const [name, find] of Object.entries(lists)) {
		const times: number[] = [];
		const ranked: string[][] = [];
		for (const { text } of judged) {
			const before = performance.now();
			ranked.push(await find(ctx, text));
			times.push(performance.now() - before);
		}
		const mean = (of: (list: string[], relevant: Map<string, number>) => number) =>
			judged.reduce((sum, { relevant }, i) => sum + of(ranked[i] ?? [], relevant), 0) / judged.length;
		tell(`${name}_ndcg10`, mean(ndcg10), "ratio", judged.length);
		tell(`${name}_recall100`, mean(recall100), "ratio", judged.length);
		times.sort((a, b) => a - b);
		tell(`${name}_ms_p50`, times[Math.floor(times.length / 2)] ?? 0, "ms", judged.length);
		tell(`${name}_ms_p95`, times[Math.floor(times.length * 0.95)] ?? 0, "ms", judged.length);
	}
}

function tell(metric: string, value: number, unit: string, n: number): void {
	console.log(JSON.stringify({ eval: "retrieval", metric, value: Number(value.toFixed(4)), unit, n }));
}

async function makePerson(db: Database): Promise<ServiceContext> {
	const person = {
		email: "eval@example.test",
		name: "Evaluation",
		role: "staff",
		passwordHash: "cannot sign in",
	} as const;
	const [user] = await db.orm.insert(product.schema.users).values(person).returning();
	if (!user) throw new Error("The person was not made");
	const actor = await product.readUserActor(db.orm, user.id);
	if (!actor) throw new Error("The person was not made");
	return {
		db,
		actor,
		via: "start",
		requestId: "eval",
		origin: { address: null, userAgent: null },
	};
}

/** The product's own way in, but for the parser's process: these texts are no files. */
async function ingest(ctx: ServiceContext): Promise<{ docs: number; passages: number }> {
	const { service, schema } = product;
	const collection = await service.createCollection(ctx, { name: "Evaluation", description: "", access: "private" });
	const uploadedBy = ctx.actor.kind === "user" ? ctx.actor.userId : "";
	let docs = 0;
	let passages = 0;
	for await (const { id, title, text } of readLines("docs.jsonl", Doc)) {
		const sha256 = createHash("sha256").update(id).digest("hex");
		await ctx.db.orm.insert(schema.files).values({ sha256, size: text.length });
		const [row] = await ctx.db.orm
			.insert(schema.documents)
			.values({
				collectionId: collection.id,
				sha256,
				name: id,
				mediaType: "text/markdown",
				size: text.length,
				state: "chunking",
				uploadedBy,
			})
			.returning({ id: schema.documents.id });
		if (!row) throw new Error(`Document ${id} was not stored`);
		const blocks = await product.readMarkdown(title ? `# ${title.replace(/\s+/g, " ")}\n\n${text}` : text);
		for (const page of product.writeParts(blocks))
			await ctx.db.orm.insert(schema.documentPages).values({ documentId: row.id, ...page });
		const attempt = { documentId: row.id, attempt: 1 };
		const count = (await service.chunkDocument(ctx, attempt)) ?? 0;
		await service.embedChunks(ctx, attempt, { from: 0, to: count });
		await service.indexDocument(ctx, attempt);
		docs++;
		passages += count;
	}
	return { docs, passages };
}

type Find = (ctx: ServiceContext, query: string) => Promise<string[]>;
const search: Find = async (ctx, query) => {
	const { passages } = await product.service.searchKnowledge(ctx, { query: query.slice(0, 4000), limit: 200 });
	return [...new Set(passages.map((passage) => passage.documentName))];
};
const searchKeywords =
	(scope: SearchScope): Find =>
	async (ctx, query) =>
		namesOf((await product.findKeywords(ctx.db, query, scope, 200)).ids);
const searchMeaning =
	(scope: SearchScope): Find =>
	async (ctx, query) =>
		namesOf(
			(await product.findMeaning(ctx, query, scope, 200)).lists.flatMap(({ nearest }) => nearest.map((one) => one.id)),
		);

const names = new Map<number, string>();
async function namesOf(ids: number[]): Promise<string[]> {
	if (names.size === 0) {
		const rows = await db.sql<{ id: string; name: string }[]>`
			select chunks.id, documents.name from chunks join documents on documents.id = chunks.document_id`;
		for (const { id, name } of rows) names.set(Number(id), name);
	}
	return [...new Set(ids.map((id) => names.get(id) ?? ""))];
}

async function readJudged(): Promise<Judged[]> {
	const relevant = new Map<string, Map<string, number>>();
	for await (const { qid, docid, score } of readLines("qrels.jsonl", Judgement)) {
		if (score <= 0) continue;
		const known = relevant.get(qid) ?? new Map<string, number>();
		relevant.set(qid, known.set(docid, score));
	}
	const judged: Judged[] = [];
	for await (const { id, text } of readLines("queries.jsonl", Query)) {
		const known = relevant.get(id);
		if (known) judged.push({ id, text, relevant: known });
	}
	return judged;
}

async function* readLines<T>(name: string, schema: z.ZodType<T>): AsyncGenerator<T> {
	const input = createReadStream(join(folder, name));
	for await (const line of createInterface({ input })) if (line.trim()) yield schema.parse(JSON.parse(line));
}

function ndcg10(list: string[], relevant: Map<string, number>): number {
	const gain = (score: number, place: number) => score / Math.log2(place + 2);
	const found = list.slice(0, 10).reduce((sum, id, place) => sum + gain(relevant.get(id) ?? 0, place), 0);
	const best = [...relevant.values()].toSorted((a, b) => b - a).slice(0, 10);
	return found / best.reduce((sum, score, place) => sum + gain(score, place), 0);
}

function recall100(list: string[], relevant: Map<string, number>): number {
	return list.slice(0, 100).filter((id) => relevant.has(id)).length / relevant.size;
}

const postgres = await startTestPostgres();
process.env.QD_DATA = join(postgres.folder, "data");
process.env.QD_AUTH_SECRET = randomBytes(32).toString("hex");
process.env.QD_LOG_LEVEL = "error";
await mkdir(process.env.QD_DATA, { recursive: true });
// The product reads its environment when it is loaded.
const product = await load();
const db = new product.Database({ url: postgres.url("postgres"), pool: 5, statementTimeout: 60_000 });
try {
	await product.migrateUp(db);
	await evaluate(db);
} finally {
	await db.close();
	await postgres.stop();
}
process.exit();
