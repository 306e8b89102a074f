// What evaluations on judged collections share: the collection's files, and a product of their own with its documents in it.

import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { ServiceContext } from "@/server/core/context";
import { startTestPostgres } from "../support/postgres";

const Doc = z.object({ id: z.string(), title: z.string().default(""), text: z.string() });
const Query = z.object({ id: z.string(), text: z.string() });
const Judgement = z.object({ qid: z.string(), docid: z.string(), score: z.number() });

export type Doc = { name: string; text: string };
/** A question, and how well each document that answers it does. */
export type Judged = { text: string; relevant: Map<string, number> };

export async function* readLines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
	for await (const line of createInterface({ input: createReadStream(path) }))
		if (line.trim()) yield schema.parse(JSON.parse(line));
}

/** The documents of a collection; of so many at most, all that answer something are among them. */
export async function readDocs(
	folder: string,
	judged: readonly Judged[],
	most = Number.POSITIVE_INFINITY,
): Promise<Doc[]> {
	const wanted = new Set(judged.flatMap(({ relevant }) => [...relevant.keys()]));
	const docs: Doc[] = [];
	let others = most - wanted.size;
	for await (const { id, title, text } of readLines(join(folder, "docs.jsonl"), Doc)) {
		if (!wanted.has(id) && others <= 0) continue;
		if (!wanted.has(id)) others -= 1;
		docs.push({ name: id, text: title ? `# ${title.replace(/\s+/g, " ")}\n\n${text}` : text });
	}
	return docs;
}

export async function readJudged(folder: string): Promise<Judged[]> {
	const relevant = new Map<string, Map<string, number>>();
	for await (const { qid, docid, score } of readLines(join(folder, "qrels.jsonl"), Judgement)) {
		if (score <= 0) continue;
		const known = relevant.get(qid) ?? new Map<string, number>();
		relevant.set(qid, known.set(docid, score));
	}
	const judged: Judged[] = [];
	for await (const { id, text } of readLines(join(folder, "queries.jsonl"), Query)) {
		const known = relevant.get(id);
		if (known) judged.push({ text, relevant: known });
	}
	return judged;
}

/** A database of its own with a person in it. What reads the environment is loaded only here, once that says where all is. */
export async function standAlone() {
	const postgres = await startTestPostgres();
	process.env.QD_DATA = join(postgres.folder, "data");
	process.env.QD_AUTH_SECRET = randomBytes(32).toString("hex");
	process.env.QD_LOG_LEVEL = "error";
	await mkdir(process.env.QD_DATA, { recursive: true });
	const { Database } = await import("@/db/connection");
	const { migrateUp } = await import("@/db/migrate");
	const schema = await import("@/db/schema");
	const { readUserActor } = await import("@/server/core/rights");
	const service = await import("@/server/knowledge/service");
	const { readMarkdown } = await import("@/server/knowledge/parsing/markdown");
	const { writeParts } = await import("@/server/knowledge/parsing/page");
	const db = new Database({ url: postgres.url("postgres"), pool: 5, statementTimeout: 60_000 });
	await migrateUp(db);
	const person = { email: "eval@example.test", name: "Evaluation", passwordHash: "cannot sign in" };
	const [user] = await db.orm
		.insert(schema.users)
		.values({ ...person, role: "staff" })
		.returning();
	const actor = user && (await readUserActor(db.orm, user.id));
	if (!user || !actor) throw new Error("The person was not made");
	const ctx: ServiceContext = {
		...{ db, actor, via: "start", requestId: "eval" },
		origin: { address: null, userAgent: null },
	};

	/** The product's own way in, but for the parser's process: these texts are no files. Answers with the number of passages. */
	async function ingest(docs: readonly Doc[]): Promise<number> {
		const collection = await service.createCollection(ctx, { name: "Evaluation", description: "", access: "private" });
		let passages = 0;
		for (const [at, { name, text }] of docs.entries()) {
			// It takes its minutes, and whoever waits wants to know how many.
			if (at > 0 && at % 100 === 0) console.error(`${at} of ${docs.length} documents`);
			const sha256 = createHash("sha256").update(name).digest("hex");
			await db.orm.insert(schema.files).values({ sha256, size: text.length });
			const about = { name, mediaType: "text/markdown", size: text.length, state: "chunking" as const };
			const [row] = await db.orm
				.insert(schema.documents)
				.values({ collectionId: collection.id, sha256, ...about, uploadedBy: user?.id ?? "" })
				.returning({ id: schema.documents.id });
			if (!row) throw new Error(`Document ${name} was not stored`);
			for (const page of writeParts(await readMarkdown(text)))
				await db.orm.insert(schema.documentPages).values({ documentId: row.id, ...page });
			const attempt = { documentId: row.id, attempt: 1 };
			const count = (await service.chunkDocument(ctx, attempt)) ?? 0;
			await service.embedChunks(ctx, attempt, { from: 0, to: count });
			await service.indexDocument(ctx, attempt);
			passages += count;
		}
		return passages;
	}

	const close = async () => {
		await db.close();
		await postgres.stop();
	};
	return { db, ctx, service, ingest, close };
}
