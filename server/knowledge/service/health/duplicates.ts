import { setImmediate as nextTurn } from "node:timers/promises";
import { and, asc, desc, eq, inArray, isNull, lte, sql } from "drizzle-orm";
import { documentPages, documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { OneCollection } from "../../contract";
import type { CollectionDuplicates } from "../../contract/health";
import { isSame, type Runs, runsOf } from "../search/fold";
import { expectManaged } from ".";

/** The newest documents are compared, by the beginning of their text. */
const mostDocuments = 1_000;
const mostPages = 3;
const mostCharacters = 4_000;
const readAtOnce = 50;
/** So many of a text's runs of words stand for it: those with the smallest hashes, which like texts share. */
const sketched = 32;
/** Runs that more have are everybody's head or foot, and tell nothing. */
const mostInCommon = 30;
const mostPairs = 50;

type Text = { id: string; name: string; runs: Runs; sketch: number[] };
type Pairs = CollectionDuplicates["pairs"];

const remembered = new Map<string, CollectionDuplicates>();
const mostRemembered = 50;

/** Pairs of documents that say nearly the same. Worked out anew only when what can be found in the collection changed. */
export async function getDuplicates(
	ctx: ServiceContext,
	{ collectionId }: OneCollection,
): Promise<CollectionDuplicates> {
	const { version } = await expectManaged(ctx, collectionId);
	const key = `${collectionId} ${version}`;
	const known = remembered.get(key);
	if (known) return known;
	const found = await compare(ctx, collectionId);
	remembered.set(key, found);
	const [oldest] = remembered.keys();
	if (remembered.size > mostRemembered && oldest) remembered.delete(oldest);
	return found;
}

async function compare(ctx: ServiceContext, collectionId: string): Promise<CollectionDuplicates> {
	const rows = await ctx.db.orm
		.select({ id: documents.id, name: documents.name })
		.from(documents)
		.where(and(eq(documents.collectionId, collectionId), eq(documents.state, "ready"), isNull(documents.deletedAt)))
		.orderBy(desc(documents.createdAt), desc(documents.id))
		.limit(mostDocuments + 1);
	const compared = rows.slice(0, mostDocuments);
	const texts: Text[] = [];
	for (let from = 0; from < compared.length; from += readAtOnce)
		texts.push(...(await readTexts(ctx, compared.slice(from, from + readAtOnce))));
	return { compared: compared.length, isWhole: rows.length <= mostDocuments, pairs: await pairsOf(texts) };
}

async function readTexts(ctx: ServiceContext, some: { id: string; name: string }[]): Promise<Text[]> {
	const ids = some.map(({ id }) => id);
	const pages = await ctx.db.orm
		.select({ id: documentPages.documentId, text: sql<string>`left(${documentPages.text}, ${mostCharacters})` })
		.from(documentPages)
		.where(and(inArray(documentPages.documentId, ids), lte(documentPages.page, mostPages)))
		.orderBy(asc(documentPages.documentId), asc(documentPages.page));
	const byId = Map.groupBy(pages, ({ id }) => id);
	const texts: Text[] = [];
	for (const { id, name } of some) {
		const runs = runsOf((byId.get(id) ?? []).map(({ text }) => text).join("\n"));
		texts.push({ id, name, runs, sketch: sketchOf(runs) });
		// A thousand texts must not hold up what else this process does.
		await nextTurn();
	}
	return texts;
}

const sketchOf = (runs: Runs): number[] => [...runs].sort((a, b) => a - b).slice(0, sketched);

/** Only those are compared whole that share half of what stands for them. */
async function pairsOf(texts: Text[]): Promise<Pairs> {
	const having = new Map<number, number[]>();
	for (const [n, { sketch }] of texts.entries())
		for (const hash of sketch) {
			const all = having.get(hash);
			if (all) all.push(n);
			else having.set(hash, [n]);
		}
	const pairs: Pairs = [];
	for (const [n, text] of texts.entries()) {
		for (const other of alike(text, n, having)) {
			const second = texts[other];
			if (!second || !isSame(text.runs, second.runs)) continue;
			pairs.push({ newer: { id: text.id, name: text.name }, older: { id: second.id, name: second.name } });
			if (pairs.length >= mostPairs) return pairs;
		}
		await nextTurn();
	}
	return pairs;
}

function alike({ sketch }: Text, n: number, having: Map<number, number[]>): number[] {
	const shared = new Map<number, number>();
	for (const hash of sketch) {
		const all = having.get(hash) ?? [];
		if (all.length > mostInCommon) continue;
		for (const other of all) if (other > n) shared.set(other, (shared.get(other) ?? 0) + 1);
	}
	return [...shared].filter(([, count]) => count >= sketch.length / 2).map(([other]) => other);
}
