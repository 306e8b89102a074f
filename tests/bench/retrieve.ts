import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Database } from "@/db/connection";
import { migrateUp } from "@/db/migrate";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { embedQuery } from "@/server/knowledge/embedding";
import { searchKnowledge } from "@/server/knowledge/service";
import { findKeywords } from "@/server/knowledge/service/search/keywords";
import { scopeOf } from "@/server/knowledge/service/search/scope";
import { vectorStore } from "@/server/knowledge/vectors";
import { memoryFlags } from "@/server/launch/memory";
import { serverSettings } from "@/server/launch/postgres/server";
import { startTestPostgres } from "@/tests/support/postgres";
import { keptFolder, question, readerOf, readOver } from "./retrieve-material";
import { report } from "./stream-material";

// `npm run bench -- retrieve`: a search from the question to the passages' text, as `npm start` sets PostgreSQL up, without the network and the model.
// `--million=no` leaves out the million passages of the lexical half, which take minutes to write. `--keep=FOLDER` keeps what was
// written for the next time, and `--only=make` does nothing else; `--only=search`, `--only=loop` and `--only=words` measure a part.

const { values } = parseArgs({
	options: {
		million: { type: "string", default: "yes" },
		keep: { type: "string" },
		only: { type: "string" },
	},
});
const asked = 200;
const warmUp = 20;
const compared = 40;
const people = 20;
const busyMs = 10_000;

if (!process.env.QD_AUTH_SECRET) {
	// The environment is read while modules are loaded: it has to be there before. The memory is what `npm start` lets a process have.
	const data = mkdtempSync(join(tmpdir(), "quarterdeck-retrieve-"));
	const QD_AUTH_SECRET = randomBytes(32).toString("hex");
	const env = { ...process.env, QD_AUTH_SECRET, QD_DATA: data, QD_LOG_LEVEL: "error" };
	const { status } = spawnSync(process.execPath, [...memoryFlags, ...process.argv.slice(1)], { env, stdio: "inherit" });
	rmSync(data, { recursive: true, force: true });
	process.exit(status ?? 1);
}

const kept = keptFolder(values.keep);
// As if it had just been written: a disk that is read for the first time measures the disk.
if (kept) await readOver(kept);
const server = await startTestPostgres(
	// What is written for a measurement need not outlive a power cut.
	{ ...serverSettings, fsync: "off", synchronous_commit: "off", wal_level: "minimal", max_wal_size: "4GB" },
	kept,
);
const db = new Database({ url: server.url("postgres"), pool: 10, statementTimeout: 1_800_000 });
const tell = (
	metric: string,
	value: number,
	{ unit = "ms", baseline, n }: { unit?: string; baseline: number; n: number },
) => report({ bench: "retrieve", metric, value, unit, baseline, n });
const p = (times: number[], part: number) => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? 0;

try {
	await migrateUp(db);
	const large = { passages: 100_000, collections: 10, wordsEach: 100, withVectors: true };
	const all = await readerOf(db, "all", large);
	const tenth = await readerOf(db, "tenth", { of: requireUser(all).userId });
	const small = await readerOf(db, "small", { ...large, passages: 10_000 });
	const many =
		values.million === "no"
			? null
			: await readerOf(db, "million", { passages: 1_000_000, collections: 10, wordsEach: 40, withVectors: false });
	const isAsked = (part: string) => values.only === undefined || values.only === part;
	if (isAsked("search")) {
		await measureSearch(small, "10k");
		await measureSearch(tenth, "100k_tenth");
		await measureSearch(all, "100k");
		// Before what is compared with fills it.
		const { rss, ...parts } = process.memoryUsage();
		console.error(
			Object.entries(parts)
				.map(([part, bytes]) => `${part} ${Math.round(bytes / 2 ** 20)} MB`)
				.join(", "),
		);
		tell("rss_mb", rss / 2 ** 20, { unit: "MB", baseline: 600, n: 1 });
		tell("recall_at_10", await recall(all), { unit: "ratio", baseline: 1, n: compared });
	}
	if (isAsked("loop")) await measureLoop(all);
	if (isAsked("words")) {
		await measureLexical(all, "100k");
		if (many) await measureLexical(many, "1m");
	}
} finally {
	await db.close();
	await server.stop();
}
process.exit();

async function times(count: number, work: (n: number) => Promise<unknown>): Promise<number[]> {
	const all: number[] = [];
	for (let n = 0; n < count + warmUp; n++) {
		const started = performance.now();
		await work(n);
		if (n >= warmUp) all.push(performance.now() - started);
	}
	return all;
}

async function measureSearch(ctx: ServiceContext, name: string): Promise<void> {
	const all = await times(asked, (n) => searchKnowledge(ctx, { query: question(n), limit: 8 }));
	tell(`p50_ms_${name}`, p(all, 0.5), { baseline: 60, n: asked });
	tell(`p95_ms_${name}`, p(all, 0.95), { baseline: 60, n: asked });
}

async function measureLexical(ctx: ServiceContext, name: string): Promise<void> {
	const scope = await scopeOf(ctx, {});
	const all = await times(asked, (n) => findKeywords(db, question(n), scope, 100));
	tell(`lexical_p50_ms_${name}`, p(all, 0.5), { baseline: 50, n: asked });
	tell(`lexical_p95_ms_${name}`, p(all, 0.95), { baseline: 50, n: asked });
}

/** How many of the ten nearest of all vectors that the person may read are found, told by comparing with each in PostgreSQL's order. */
async function recall(ctx: ServiceContext): Promise<number> {
	const scope = await scopeOf(ctx, {});
	const nos = scope.collections.map(({ no }) => no);
	const rows = await db.sql<{ id: string; vector: Buffer }[]>`
		select chunk_id as id, vector from chunk_vectors where collection_no = any(${nos})`;
	const vectors = rows.map(({ id, vector }) => ({
		id: Number(id),
		vector: new Float32Array(Uint8Array.from(vector).buffer),
	}));
	const store = await vectorStore(db);
	let found = 0;
	for (let n = 0; n < compared; n++) {
		const query = await embedQuery(question(n));
		const exact = vectors
			.map(({ id, vector }) => ({ id, near: vector.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0) }))
			.toSorted((a, b) => b.near - a.near)
			.slice(0, 10);
		const nearest = new Set((await store.nearest(db, scope, query, 10)).map(({ id }) => id));
		found += exact.filter(({ id }) => nearest.has(id)).length;
	}
	return found / (compared * 10);
}

/** How late the process is for everything else while many search. */
async function measureLoop(ctx: ServiceContext): Promise<void> {
	await times(0, (n) => searchKnowledge(ctx, { query: question(n), limit: 8 }));
	const delay = monitorEventLoopDelay({ resolution: 1 });
	const until = performance.now() + busyMs;
	let searches = 0;
	delay.enable();
	await Promise.all(
		Array.from({ length: people }, async (_, person) => {
			for (let n = 0; performance.now() < until; n++, searches++)
				await searchKnowledge(ctx, { query: question(person * 10_000 + n), limit: 8 });
		}),
	);
	delay.disable();
	// The timer itself is due every millisecond.
	tell("loop_delay_p99_ms", delay.percentile(99) / 1e6 - 1, { baseline: 15, n: searches });
}
