import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import superjson from "superjson";
import { residentBytes } from "@/server/core/resident-bytes";
import type { Client } from "@/tests/support/client";
import { type Product, startProduct } from "@/tests/support/product";
import { type LangGraphServer, startLangGraph } from "./langgraph-dev";
import { openLongThread } from "./long-thread";
import { ask, askMany, type Events, fillIn, median, question, report, startProviderProcess } from "./stream-material";

// `npm run bench -- runs`: runs as people have them, searched, cited, budgeted, audited and stored, beside a graph of one node
// on LangGraph's own development server, which stores nothing; both with the same provider. Then how long a chat of 200 questions takes to open, and what an idle stream holds.
// `--only=ratio`, `--only=long-thread` or `--only=idle` for a part of it.

const tokens = 50;
const people = 20;
const alone = 40;
const atOnce = 20;
const inAll = 600;
const idleStreams = 2_000;

const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
const provider = await startProviderProcess();
let product: Product | undefined;
let langGraph: LangGraphServer | undefined;
try {
	await provider.behave({ tokens });
	const theirs = isWanted("ratio") ? await measureTheirs(provider.url) : null;
	product = await startProduct({
		data,
		env: {
			...{ QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" },
			// One person asks 200 times in a few seconds.
			QD_TOKENS_PER_USER_PER_DAY: "1000000000",
		},
	});
	await product.ready;
	const { url } = product;
	const clients = await fillIn(product, people);
	const clientAt = (place: number): Client => {
		const client = clients[place % clients.length];
		if (!client) throw new Error("nobody is there to ask");
		return client;
	};
	if (theirs) {
		const ours = await sideOf("quarterdeck", (place, n) => ask(url, clientAt(place), n));
		const ratio = { bench: "runs", unit: "ratio", n: inAll };
		report({ ...ratio, metric: "vs_langgraph_runs_ratio", value: ours.perSecond / theirs.perSecond, baseline: 4 });
		report({ ...ratio, metric: "vs_langgraph_ttft_ratio", value: theirs.ttft / ours.ttft, baseline: 1, n: alone });
	}
	const opened = isWanted("long-thread") ? await openLongThread(url, clientAt(0)) : null;
	if (opened)
		report({ bench: "runs", metric: "long_thread_open_ms", value: opened.ms, unit: "ms", baseline: 300, n: opened.n });
	else if (isWanted("long-thread")) console.error("no Chromium: a long chat was not opened");

	if (isWanted("idle")) {
		await provider.behave({ tokens: 10_000, intervalMs: 10_000 });
		const kb = await weighIdle(product, clientAt);
		report({ bench: "runs", metric: "idle_stream_kb", value: kb, unit: "kB", baseline: 60, n: idleStreams });
	}
} finally {
	langGraph?.stop();
	await product?.stop();
	provider.child.kill();
	rmSync(data, { recursive: true, force: true });
}

/** LangGraph's own server, which is gone again when ours is asked. */
async function measureTheirs(providerUrl: string) {
	langGraph = await startLangGraph(providerUrl);
	const { ask: askTheirs } = langGraph;
	const theirs = await sideOf("langgraph", (_, n) => askTheirs(question(n)));
	langGraph.stop();
	langGraph = undefined;
	return theirs;
}

function isWanted(part: "ratio" | "long-thread" | "idle"): boolean {
	const only = process.argv.find((word) => word.startsWith("--only="));
	return !only || only === `--only=${part}`;
}

/** One after the other, then many at once; told on standard error, as these are no figures with an aim. */
async function sideOf(name: string, askOne: (place: number, n: number) => Promise<Events>) {
	await askMany(40, atOnce, askOne);
	const one = await askMany(alone, 1, askOne);
	await askMany(100, atOnce, askOne);
	const started = performance.now();
	const many = await askMany(inAll, atOnce, askOne);
	const perSecond = (inAll * 1_000) / (performance.now() - started);
	const middle = (took: typeof one) => ({
		first: median(took.map(({ firstMs }) => firstMs)),
		all: median(took.map(({ allMs }) => allMs)),
	});
	const [single, crowd] = [middle(one), middle(many)];
	console.error(
		`${name}: alone ${single.first.toFixed(0)} ms to the first words, ${single.all.toFixed(0)} ms in all; ` +
			`${atOnce} at once ${crowd.first.toFixed(0)} and ${crowd.all.toFixed(0)} ms, ${perSecond.toFixed(1)} runs/s`,
	);
	return { ttft: single.first, perSecond };
}

/** What the web process holds for each of many streams of answers that say nothing for a while, in kB. */
async function weighIdle({ url, pids }: Product, clientAt: (place: number) => Client): Promise<number> {
	const runs = await Promise.all(Array.from({ length: people }, (_, place) => startRun(url, clientAt(place), place)));
	const open = (place: number) => followRun(url, clientAt(place), runs[place % people] ?? "");
	const held = await Promise.all(Array.from({ length: people }, (_, place) => open(place)));
	const before = await restingBytes(pids());
	for (let n = people; n < idleStreams; n += people)
		held.push(...(await Promise.all(Array.from({ length: people }, (_, place) => open(n + place)))));
	const after = await restingBytes(pids());
	for (const end of held) end();
	return (after - before) / 1024 / (idleStreams - people);
}

/** After the garbage of what came before has had its time. */
async function restingBytes({ web = 0 }: Record<string, number>): Promise<number> {
	await sleep(5_000);
	return (await residentBytes(web)) ?? Number.NaN;
}

async function startRun(url: string, client: Client, n: number): Promise<string> {
	const response = await fetch(`${url}/api/trpc/runs.start`, {
		method: "POST",
		headers: { ...client.headers, "content-type": "application/json" },
		body: superjson.stringify({ question: question(n) }),
	});
	const { result } = (await response.json()) as { result: { data: { json: { runId: string } } } };
	return result.data.json.runId;
}

/** Resolves once the first words are there; gives what ends it. */
function followRun(url: string, client: Client, runId: string): Promise<() => void> {
	const input = encodeURIComponent(superjson.stringify({ runId }));
	return new Promise((resolve, reject) => {
		const request = get(`${url}/api/trpc/runs.events?input=${input}`, { headers: client.headers, agent: false });
		request.on("error", reject);
		request.on("response", (response) => {
			if (response.statusCode !== 200) reject(new Error(`A stream was refused: ${response.statusCode}`));
			response.on("data", (bytes: Buffer) => {
				if (bytes.includes("answer.delta")) resolve(() => request.destroy());
			});
			response.on("error", () => {});
		});
	});
}
