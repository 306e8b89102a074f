import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { TRPCClientError } from "@trpc/client";
import { type Client, connect } from "@/tests/support/client";
import { longPdf, mixedFile } from "@/tests/support/mixed-files";
import { type Product, processes, startProduct } from "@/tests/support/product";
import { productDatabase } from "@/tests/support/product-database";
import { report, textOf } from "./stream-material";

// `npm run bench -- ingest [--files=500] [--pages=0] [--corpora=FOLDER]`: mixed files through the built product, from their upload
// until the last can be found, with a PDF of so many pages among them. Files of `FOLDER`, good and broken, go in too: each has to end
// ready, failed with a reason, or refused with one.

const owner = { name: "Olive Owner", email: "olive@example.test", password: "the owner's long password" };
const idleMs = 10_000;
const probeEveryMs = 100;
const askEveryMs = 500;
const uploadsAtOnce = 3;

const text = (fallback?: string) => ({ type: "string", default: fallback }) as const;
const { values } = parseArgs({ options: { files: text("500"), pages: text("0"), corpora: text("") } });
const files = await makeFiles();
const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
let product: Product | undefined;
try {
	product = await startProduct({ data });
	const client = await makeOwner(product, (await product.ready).setupCode);
	const { id: collectionId } = await client.api.knowledge.createCollection.mutate({ name: "Bench" });
	const idle = probe(client);
	await sleep(idleMs);
	const idleP99 = p99(await idle.end());

	const busy = probe(client);
	const memory = watchMemory(product);
	const started = performance.now();
	const refusals = await bringAll(client, collectionId);
	const sent = (performance.now() - started) / 1000;
	const rows = await waitForAll(client, collectionId);
	const seconds = (performance.now() - started) / 1000;
	const busyP99 = p99(await busy.end());
	const failed = rows.filter(({ state }) => state !== "ready");
	for (const { name, reason } of failed) console.error(`${name} failed: ${reason}`);
	for (const [name, reason] of refusals) console.error(`${name} was refused: ${reason}`);
	await tellSteps(product);
	const bad = failed.filter(({ name, reason }) => isOurs(name) || !reason);
	if (bad.length > 0) throw new Error(`${bad.length} documents failed, such as ${bad[0]?.name}: ${bad[0]?.reason}`);
	console.error(`${rows.length} documents, sent in ${sent.toFixed(0)} s, through in ${seconds.toFixed(0)} s`);
	const pages = rows.reduce((sum, { pageCount }) => sum + (pageCount ?? 1), 0);
	const n = rows.length;
	const figure = (metric: string, value: number, unit: string, baseline: number) =>
		report({ bench: "ingest", metric, value, unit, baseline, n });
	figure("documents_per_s", n / seconds, "documents/s", 1);
	figure("pages_per_s", pages / seconds, "pages/s", 1);
	figure("peak_rss_mb", memory.end(), "MB", 1_500);
	figure("web_p99_idle_ms", idleP99, "ms", 50);
	figure("web_p99_busy_ms", busyP99, "ms", idleP99 * 2);
} finally {
	await product?.stop();
	rmSync(data, { recursive: true, force: true });
}

/** Where the time went, for whoever wants to make it less. */
async function tellSteps(of: Product): Promise<void> {
	const db = await productDatabase(of);
	const rows = await db.sql<{ step: string; count: number; ms: number; most: number }[]>`
		select coalesce(s.op || ' ' || regexp_replace(s.name, '\\d+', 'n', 'g'), 'call') as step, count(*)::int as count,
			round(avg(a.ms))::int as ms, max(a.ms)::int as most
		from job_attempts a join job_runs r on r.id = a.run_id and r.function_id like '%ingest-document'
		left join job_steps s on s.run_id = a.run_id and s.id = a.step_id group by 1 order by sum(a.ms) desc`;
	for (const { step, count, ms, most } of rows)
		console.error(`${step}: ${count} times, ${ms} ms each, ${most} at most`);
	await db.close();
}

async function makeOwner({ url }: Product, code: string | null): Promise<Client> {
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: code ?? "", ...owner });
	return connect(url, owner);
}

type File = { name: string; content: Buffer };

/** Made before anything is measured. */
async function makeFiles(): Promise<File[]> {
	const made: File[] = [];
	if (values.pages !== "0")
		made.push({
			name: "long.pdf",
			content: await longPdf(Number(values.pages), (page) => textOf(page).slice(0, 2_500)),
		});
	for (let n = 0; n < Number(values.files); n++) made.push(await mixedFile(n, `${textOf(n)}\n\nThis is number ${n}.`));
	for (const folder of ["pdf", "archives_docs", "images"].map((kind) => join(values.corpora ?? "", kind))) {
		if (!values.corpora || !existsSync(folder)) continue;
		for (const name of readdirSync(folder))
			made.push({ name: `strange-${name}`, content: readFileSync(join(folder, name)) });
	}
	return made;
}

/** Broken and hostile files may fail; those that the bench made may not. */
function isOurs(name: string): boolean {
	return !name.startsWith("strange-");
}

/** Brings them as the console does, a few at a time; answers with what was refused, and why. */
async function bringAll({ api }: Client, collectionId: string): Promise<Map<string, string>> {
	const refusals = new Map<string, string>();
	const waiting = [...files];
	const bring = async () => {
		for (let file = waiting.shift(); file; file = waiting.shift()) {
			const { name, content } = file;
			try {
				const { uploadId } = await patiently(() => api.knowledge.upload.mutate(new Blob([new Uint8Array(content)])));
				await patiently(() => api.knowledge.addDocument.mutate({ collectionId, uploadId, name }));
			} catch (error) {
				if (isOurs(name) || !(error instanceof TRPCClientError) || error.data?.httpStatus >= 500) throw error;
				if (!error.message) throw error;
				refusals.set(name, error.message);
			}
		}
	};
	await Promise.all(Array.from({ length: uploadsAtOnce }, bring));
	return refusals;
}

/** A person may bring so many files a minute; the console waits as long as it is told to. */
async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
	for (;;) {
		try {
			return await work();
		} catch (error) {
			if (!(error instanceof TRPCClientError) || error.data?.httpStatus !== 429) throw error;
			await sleep(askEveryMs);
		}
	}
}

async function waitForAll({ api }: Client, collectionId: string) {
	for (;;) {
		const { documentCount, readyCount, failedCount } = await api.knowledge.getCollection.query({ collectionId });
		if (readyCount + failedCount === documentCount) break;
		console.error(`${readyCount} of ${documentCount} ready, ${failedCount} failed`);
		await sleep(askEveryMs * 4);
	}
	const rows = [];
	for (let cursor: string | undefined; ; ) {
		const page = await api.knowledge.listDocuments.query({ collectionId, cursor, limit: 100 });
		rows.push(...page.rows);
		if (!page.next) return rows;
		cursor = page.next;
	}
}

/** How long the web process takes for a small question, one after the other. */
function probe({ api }: Client) {
	let isOn = true;
	const times: number[] = [];
	const going = (async () => {
		while (isOn) {
			const started = performance.now();
			await api.knowledge.listCollections.query({});
			times.push(performance.now() - started);
			await sleep(probeEveryMs);
		}
	})();
	// Whoever awaits it is told; where something else failed first, that is the news.
	going.catch(() => {});
	return {
		end: async () => {
			isOn = false;
			await going;
			return times;
		},
	};
}

function p99(times: number[]): number {
	return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

/** The most that web, worker and its parsers held together. */
function watchMemory(of: Product) {
	let most = 0;
	const timer = setInterval(() => {
		const { web = 0, worker = 0 } = of.pids();
		const parsers = processes().filter(({ parent }) => parent === worker);
		const held = [web, worker, ...parsers.map(({ pid }) => pid)].reduce((sum, pid) => sum + residentMb(pid), 0);
		most = Math.max(most, held);
	}, askEveryMs);
	return {
		end: () => {
			clearInterval(timer);
			return most;
		},
	};
}

function residentMb(pid: number): number {
	try {
		return (Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096) / 2 ** 20;
	} catch {
		// It ended just now.
		return 0;
	}
}
