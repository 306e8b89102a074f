// Measures retrieval on a judged collection: `npm run eval -- retrieval --data FOLDER` with docs, queries and qrels as JSON lines.

import { parseArgs } from "node:util";
import type { ServiceContext } from "@/server/core/context";
import type { SearchScope } from "@/server/knowledge/service/search/scope";
import { readDocs, readJudged, standAlone } from "./judged";

const { values } = parseArgs({ options: { data: { type: "string" } }, allowPositionals: true });
if (!values.data) throw new Error("Say where the collection is: --data FOLDER");
const folder = values.data;

async function load() {
	const { scopeOf } = await import("@/server/knowledge/service/search/scope");
	const { findKeywords } = await import("@/server/knowledge/service/search/keywords");
	const { findMeaning } = await import("@/server/knowledge/service/search");
	return { scopeOf, findKeywords, findMeaning };
}

async function evaluate(): Promise<void> {
	const judged = await readJudged(folder);
	const read = await readDocs(folder, judged);
	const docs = read.length;
	const started = performance.now();
	const passages = await alone.ingest(read);
	const seconds = (performance.now() - started) / 1000;
	tell("ingest_docs_per_s", docs / seconds, "1/s", docs);
	tell("ingest_passages_per_s", passages / seconds, "1/s", passages);

	const scope = await product.scopeOf(ctx, {});
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

type Find = (ctx: ServiceContext, query: string) => Promise<string[]>;
const search: Find = async (ctx, query) => {
	const { passages } = await alone.service.searchKnowledge(ctx, { query: query.slice(0, 4000), limit: 200 });
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
		const rows = await alone.db.sql<{ id: string; name: string }[]>`
			select chunks.id, documents.name from chunks join documents on documents.id = chunks.document_id`;
		for (const { id, name } of rows) names.set(Number(id), name);
	}
	return [...new Set(ids.map((id) => names.get(id) ?? ""))];
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

const alone = await standAlone();
const { ctx } = alone;
const product = await load();
try {
	await evaluate();
} finally {
	await alone.close();
}
process.exit();
