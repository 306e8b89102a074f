import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Paragraph } from "docx";
import { type Client, connect } from "@/tests/support/client";
import { makeDocx, makePdf } from "@/tests/support/documents";
import { cell, makePptx, makeXlsx, shape } from "@/tests/support/offices";
import { type Product, processes, startProduct } from "@/tests/support/product";
import { makeScan } from "@/tests/support/scans";
import { report, textOf } from "./stream-material";

// `npm run bench -- ingest [--files=500]`: mixed files through the built product, from their upload until the last can be found.

const owner = { name: "Olive Owner", email: "olive@example.test", password: "the owner's long password" };
const idleMs = 10_000;
const probeEveryMs = 50;
const askEveryMs = 500;
const uploadsAtOnce = 3;

const { values } = parseArgs({ options: { files: { type: "string", default: "500" } } });
const wanted = Number(values.files);
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
	const rows = await bringAll(client, collectionId);
	const seconds = (performance.now() - started) / 1000;
	const busyP99 = p99(await busy.end());
	const failed = rows.filter(({ state }) => state !== "ready");
	if (failed.length > 0) throw new Error(`${failed.length} documents failed, such as: ${failed[0]?.reason}`);
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

async function makeOwner({ url }: Product, code: string | null): Promise<Client> {
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: code ?? "", ...owner });
	return connect(url, owner);
}

/** Of a hundred files: what offices have most of, and some of the slow ones. */
async function fileOf(n: number): Promise<{ name: string; content: Buffer | string }> {
	const text = textOf(n);
	const kind = n % 100;
	if (kind < 35) return { name: `${n}.md`, content: text };
	if (kind < 50) return { name: `${n}.html`, content: `<h1>${n}</h1><p>${text.replaceAll("\n\n", "</p><p>")}</p>` };
	if (kind < 65)
		return { name: `${n}.docx`, content: await makeDocx(text.split("\n\n").map((one) => new Paragraph(one))) };
	if (kind < 80)
		return {
			name: `${n}.pdf`,
			content: await makePdf((pdf) => {
				for (let page = 0; page < 5; page++)
					(page > 0 ? pdf.addPage() : pdf).text(text.slice(page * 800, page * 800 + 800));
			}),
		};
	if (kind < 88) {
		const rows = Array.from(
			{ length: 60 },
			(_, row) => `<row>${cell("A1", `Item ${row}`)}${cell("B1", `${n * row}`)}</row>`,
		);
		return { name: `${n}.xlsx`, content: makeXlsx([{ name: `Sheet ${n}`, rows: rows.join("") }]) };
	}
	if (kind < 94)
		return {
			name: `${n}.pptx`,
			content: makePptx([{ shapes: shape(text.slice(0, 500)) }, { shapes: shape(`Slide of ${n}`) }]),
		};
	if (kind < 99)
		return {
			name: `${n}.csv`,
			content: `Item,Fee\n${Array.from({ length: 80 }, (_, row) => `Berth ${row},${n + row}`).join("\n")}`,
		};
	return { name: `${n}.pdf`, content: await makeScan([[`Scanned page ${n}`, "The lock opens at seven."]]) };
}

/** Brings them as the console does, a few at a time, and waits until all are through. */
async function bringAll({ api }: Client, collectionId: string) {
	let next = 0;
	const bring = async () => {
		for (let n = next++; n < wanted; n = next++) {
			const { name, content } = await fileOf(n);
			const { uploadId } = await api.knowledge.upload.mutate(new Blob([new Uint8Array(Buffer.from(content))]));
			await api.knowledge.addDocument.mutate({ collectionId, uploadId, name });
		}
	};
	await Promise.all(Array.from({ length: uploadsAtOnce }, bring));
	for (;;) {
		const { documentCount, readyCount, failedCount } = await api.knowledge.getCollection.query({ collectionId });
		if (readyCount + failedCount === documentCount) break;
		console.error(`${readyCount} of ${documentCount} ready`);
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
