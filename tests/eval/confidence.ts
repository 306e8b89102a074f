// Measures how far the confidence of answers can be believed: `npm run eval -- confidence [--data FOLDER] [--docs 600] [--fit]`.
// With --data, a judged collection (docs, queries, qrels as JSON lines): an answer is right where it cites what was judged relevant.
// Without, the project's own questions of the demo's documents: right where it says the words that are asked for.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Evidence } from "@/server/agents/graphs/assistant/calibration";
import { errorOf, type Rated } from "@/server/evaluations/service/platt";
import type { Passage } from "@/server/knowledge/contract";
import { areaUnder, brier, fitWeights, scoreBy } from "./calibration-figures";
import { type Doc, readDocs, readJudged, readLines, standAlone } from "./judged";

const { values } = parseArgs({
	options: { data: { type: "string" }, docs: { type: "string", default: "600" }, fit: { type: "boolean" } },
	allowPositionals: true,
});

/** Whether an answer that cites these documents in these words is right. */
type Question = { text: string; isRight: (answer: string, cited: string[]) => boolean };

const Own = z.object({ text: z.string(), doc: z.string().nullable(), says: z.string().nullable() });

async function load() {
	const { quoteAnswer } = await import("@/server/models/extractive");
	const { sentences } = await import("@/server/models/words");
	const { checkAnswer } = await import("@/server/agents/graphs/assistant/check");
	const { confidenceOf, evidenceOf } = await import("@/server/agents/graphs/assistant/confidence");
	const { supportingPlaces } = await import("@/server/agents/graphs/assistant/grade");
	return { quoteAnswer, sentences, checkAnswer, confidenceOf, evidenceOf, supportingPlaces };
}

async function judgedSet(folder: string): Promise<{ docs: Doc[]; questions: Question[] }> {
	const judged = await readJudged(folder);
	const questions = judged.map(({ text, relevant }) => ({
		text,
		isRight: (_: string, cited: string[]) => cited.some((name) => relevant.has(name)),
	}));
	return { docs: await readDocs(folder, judged, Number(values.docs)), questions };
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
type Answered = Rated & { evidence: Evidence; isHeldOut: boolean };

async function evaluate(): Promise<void> {
	const { docs, questions } = values.data ? await judgedSet(values.data) : await ownSet();
	await alone.ingest(docs);
	const answered: Record<Kind, Answered[]> = { "built-in": [], "stand-in": [] };
	const silent: Record<Kind, number> = { "built-in": 0, "stand-in": 0 };
	for (const [at, { text, isRight }] of questions.entries()) {
		const { passages } = await alone.service.searchKnowledge(alone.ctx, { query: text.slice(0, 4_000), limit: 8 });
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
			if (evidence) answered[kind].push({ confidence: score, isRight: right, evidence, isHeldOut: at % 2 === 1 });
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
	const held = all.filter(({ isHeldOut }) => isHeldOut);
	const measured = values.data || values.fit ? held : all;
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
	say("confidence_ece", errorOf(measured));
	say("confidence_brier", brier(measured));
	say("confidence_auroc", areaUnder(measured));
	say("confidence_right", measured.filter(({ isRight }) => isRight).length / Math.max(1, measured.length));
	say("confidence_silent", silent / Math.max(1, silent + all.length));
	if (!values.fit) return;
	const fitted = fitWeights(all.filter(({ isHeldOut }) => !isHeldOut));
	const then = held.map((one) => ({ ...one, confidence: scoreBy(fitted, one.evidence) }));
	say("confidence_fitted_ece", errorOf(then));
	say("confidence_fitted_brier", brier(then));
	say("confidence_fitted_auroc", areaUnder(then));
	console.error(kind, JSON.stringify(fitted));
}

const alone = await standAlone();
const product = await load();
try {
	await evaluate();
} finally {
	await alone.close();
}
process.exit();
