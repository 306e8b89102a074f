// Measures how far the confidence of answers can be believed: `npm run eval -- confidence [--data FOLDER] [--docs 1500] [--fit]`.
// With --data, a judged collection (docs, queries, qrels as JSON lines): an answer is right where it cites what was judged relevant.
// Without, the project's own questions of the demo's documents: right where it says the words that are asked for.

import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Database } from "@/db/connection";
import type { Evidence } from "@/server/agents/graphs/assistant/calibration";
import type { ServiceContext } from "@/server/core/context";
import type { Passage } from "@/server/knowledge/contract";
import { startTestPostgres } from "../support/postgres";
import { areaUnder, calibrationError, fitWeights, type Outcome } from "./calibration-figures";

const { values } = parseArgs({
	options: { data: { type: "string" }, docs: { type: "string", default: "1500" }, fit: { type: "boolean" } },
	allowPositionals: true,
});

type Doc = { name: string; text: string };
/** Whether an answer that cites these documents in these words is right. */
type Question = { text: string; isRight: (answer: string, cited: string[]) => boolean };

const Judged = z.object({ id: z.string(), title: z.string().default(""), text: z.string() });
const Query = z.object({ id: z.string(), text: z.string() });
const Judgement = z.object({ qid: z.string(), docid: z.string(), score: z.number() });
const Own = z.object({ text: z.string(), doc: z.string().nullable(), says: z.string().nullable() });

async function load() {
	const { Database } = await import("@/db/connection");
	const { migrateUp } = await import("@/db/migrate");
	const schema = await import("@/db/schema");
	const { readUserActor } = await import("@/server/core/rights");
	const service = await import("@/server/knowledge/service");
	const { readMarkdown } = await import("@/server/knowledge/parsing/markdown");
	const { writeParts } = await import("@/server/knowledge/parsing/page");
	const { quoteAnswer } = await import("@/server/models/extractive");
	const { sentences } = await import("@/server/models/words");
	const { checkAnswer } = await import("@/server/agents/graphs/assistant/check");
	const { confidenceOf, evidenceOf } = await import("@/server/agents/graphs/assistant/confidence");
	const { supportingPlaces } = await import("@/server/agents/graphs/assistant/grade");
	const search = { Database, migrateUp, schema, readUserActor, service, readMarkdown, writeParts };
	return { ...search, quoteAnswer, sentences, checkAnswer, confidenceOf, evidenceOf, supportingPlaces };
}

async function judgedSet(folder: string): Promise<{ docs: Doc[]; questions: Question[] }> {
	const relevant = new Map<string, Set<string>>();
	for await (const { qid, docid, score } of readLines(join(folder, "qrels.jsonl"), Judgement))
		if (score > 0) relevant.set(qid, (relevant.get(qid) ?? new Set()).add(docid));
	const wanted = new Set([...relevant.values()].flatMap((ids) => [...ids]));
	const docs: Doc[] = [];
	let others = Number(values.docs) - wanted.size;
	for await (const { id, title, text } of readLines(join(folder, "docs.jsonl"), Judged)) {
		if (!wanted.has(id) && others <= 0) continue;
		if (!wanted.has(id)) others -= 1;
		docs.push({ name: id, text: title ? `# ${title.replace(/\s+/g, " ")}\n\n${text}` : text });
	}
	const questions: Question[] = [];
	for await (const { id, text } of readLines(join(folder, "queries.jsonl"), Query)) {
		const right = relevant.get(id);
		if (right) questions.push({ text, isRight: (_, cited) => cited.some((name) => right.has(name)) });
	}
	return { docs, questions };
}

async function ownSet(): Promise<{ docs: Doc[]; questions: Question[] }> {
	const shelves = join("server", "demo", "content");
	const files = (await readdir(shelves, { recursive: true })).filter((file) => /\.(md|txt)$/.test(file)).toSorted();
	const docs = await Promise.all(
		files.map(async (file) => ({
			name: file.split(/[\\/]/).at(-1) ?? file,
			text: await readFile(join(shelves, file), "utf8"),
		})),
	);
	const questions: Question[] = [];
	for await (const { text, doc, says } of readLines(join("tests", "eval", "sets", "harbour.jsonl"), Own))
		questions.push({
			text,
			isRight: (answer, cited) =>
				doc !== null && says !== null && cited.includes(doc) && answer.replace(/\s+/g, " ").includes(says),
		});
	return { docs, questions };
}

async function makePerson(db: Database): Promise<ServiceContext> {
	const person = {
		email: "eval@example.test",
		name: "Evaluation",
		role: "staff",
		passwordHash: "cannot sign in",
	} as const;
	const [user] = await db.orm.insert(product.schema.users).values(person).returning();
	const actor = user && (await product.readUserActor(db.orm, user.id));
	if (!actor) throw new Error("The person was not made");
	return { db, actor, via: "start", requestId: "eval", origin: { address: null, userAgent: null } };
}

async function ingest(ctx: ServiceContext, docs: Doc[]): Promise<void> {
	const { service, schema } = product;
	const collection = await service.createCollection(ctx, { name: "Evaluation", description: "", access: "private" });
	const uploadedBy = ctx.actor.kind === "user" ? ctx.actor.userId : "";
	for (const { name, text } of docs) {
		const sha256 = createHash("sha256").update(name).digest("hex");
		await ctx.db.orm.insert(schema.files).values({ sha256, size: text.length });
		const about = { name, mediaType: "text/markdown", size: text.length, state: "chunking" as const, uploadedBy };
		const [row] = await ctx.db.orm
			.insert(schema.documents)
			.values({ collectionId: collection.id, sha256, ...about })
			.returning({ id: schema.documents.id });
		if (!row) throw new Error(`Document ${name} was not stored`);
		for (const page of product.writeParts(await product.readMarkdown(text)))
			await ctx.db.orm.insert(schema.documentPages).values({ documentId: row.id, ...page });
		const attempt = { documentId: row.id, attempt: 1 };
		const count = (await service.chunkDocument(ctx, attempt)) ?? 0;
		await service.embedChunks(ctx, attempt, { from: 0, to: count });
		await service.indexDocument(ctx, attempt);
	}
}

const firstSentence = ({ text }: Passage): string =>
	product
		.sentences(text)
		.find((one) => one.text.length >= 20)
		?.text.replace(/\s+/g, " ") ?? text.slice(0, 200);

const invented = "The committee of the northern observatory voted against purple umbrellas in August";
/** A model that quotes its passages, and in three of ten answers does what models do wrong. Whether it was right is known then. */
function standIn(passages: Passage[], at: number): { text: string; isFaulty: boolean } {
	const [first, second] = passages;
	if (!first) return { text: "", isFaulty: true };
	const quote = `${firstSentence(first)} [1].`;
	const other = second ? `${firstSentence(second)} [2].` : quote;
	switch (at % 10) {
		case 7:
			return { text: `${invented} [1].`, isFaulty: true };
		case 8:
			return { text: `${quote} ${invented} [1]. ${invented}, and again in May [1].`, isFaulty: true };
		case 9:
			return { text: second ? `${firstSentence(second)} [1].` : `${invented} [1].`, isFaulty: true };
		case 5:
		case 6:
			return { text: `${quote} ${other}`, isFaulty: false };
		default:
			return { text: quote, isFaulty: false };
	}
}

const kinds = ["built-in", "stand-in"] as const;
type Kind = (typeof kinds)[number];
type Answered = Outcome & { evidence: Evidence; isHeldOut: boolean };

async function evaluate(db: Database): Promise<void> {
	const { docs, questions } = values.data ? await judgedSet(values.data) : await ownSet();
	const ctx = await makePerson(db);
	await ingest(ctx, docs);
	const answered: Record<Kind, Answered[]> = { "built-in": [], "stand-in": [] };
	const silent: Record<Kind, number> = { "built-in": 0, "stand-in": 0 };
	for (const [at, { text, isRight }] of questions.entries()) {
		const { passages } = await product.service.searchKnowledge(ctx, { query: text.slice(0, 4_000), limit: 8 });
		const found = product.supportingPlaces(passages).flatMap((place) => passages[place] ?? []);
		for (const kind of kinds) {
			const made = answerBy(kind, text, found, at);
			if (!made) {
				silent[kind] += 1;
				continue;
			}
			const checked = product.checkAnswer(made.text, found);
			const evidence = product.evidenceOf(checked, found, null);
			const facts = { isDegraded: kind === "built-in", isIncomplete: false };
			const { score } = product.confidenceOf(checked, found, facts);
			const cited = checked.citations.map(({ documentName }) => documentName);
			const right = !made.isFaulty && isRight(checked.text, cited);
			if (evidence) answered[kind].push({ score, isRight: right, evidence, isHeldOut: at % 2 === 1 });
		}
	}
	for (const kind of kinds) tellOf(kind, answered[kind], silent[kind]);
}

function answerBy(
	kind: Kind,
	question: string,
	found: Passage[],
	at: number,
): { text: string; isFaulty: boolean } | null {
	if (found.length === 0) return null;
	if (kind === "stand-in") return standIn(found, at);
	const quotable = found.map(({ heading, text, similarity }, index) => ({
		marker: index + 1,
		heading,
		text,
		similarity,
	}));
	const text = product.quoteAnswer(question, quotable);
	return text === null ? null : { text, isFaulty: false };
}

/** What the constants were fitted on is not what they are measured by. */
function tellOf(kind: Kind, all: Answered[], silent: number): void {
	const measured = values.data ? all.filter(({ isHeldOut }) => isHeldOut) : all;
	const say = (metric: string, value: number) =>
		console.log(
			JSON.stringify({
				eval: "confidence",
				metric,
				by: kind,
				value: Number(value.toFixed(4)),
				unit: "ratio",
				n: measured.length,
			}),
		);
	say("confidence_ece", calibrationError(measured));
	say("confidence_auroc", areaUnder(measured));
	say("confidence_right", measured.filter(({ isRight }) => isRight).length / Math.max(1, measured.length));
	say("confidence_silent", silent / Math.max(1, silent + all.length));
	if (values.fit) console.error(kind, JSON.stringify(fitWeights(all.filter(({ isHeldOut }) => !isHeldOut))));
}

async function* readLines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
	for await (const line of createInterface({ input: createReadStream(path) }))
		if (line.trim()) yield schema.parse(JSON.parse(line));
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
