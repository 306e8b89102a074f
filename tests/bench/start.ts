import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Product, processes, startProduct } from "@/tests/support/product";

// `npm run bench -- start`: from the command to the first question that could be asked, and what is held at rest.

const freshStarts = 3;
const warmStarts = 5;
/** What start-up has left behind is given back by then, in ms. */
const restAfterMs = 20_000;

type Figure = { metric: string; value: number; unit: string; baseline: number | null; n: number };
const report = (figure: Figure) =>
	console.log(JSON.stringify({ bench: "start", ...figure, value: Math.round(figure.value * 10) / 10 }));

const median = (values: number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timed(data: string, look: (product: Product) => Promise<void> = async () => {}): Promise<number> {
	const product = await startProduct({ data });
	try {
		const { ms } = await product.ready;
		await look(product);
		return ms;
	} finally {
		await product.stop();
	}
}

/**
 * The memory of web, worker and all processes of PostgreSQL, in MB. A page that several share counts in parts (PSS), so that
 * the sum is what the machine really gives.
 */
function heldMb(product: Product): number {
	const { web = 0, worker = 0, postgres = 0 } = product.pids();
	const backends = processes().filter(({ parent }) => parent === postgres);
	const kilobytes = [web, worker, postgres, ...backends.map(({ pid }) => pid)].map((pid) => {
		const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
		return Number(found?.[1] ?? Number.NaN);
	});
	return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024;
}

const place = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
// PostgreSQL's account can enter it, as it mostly can where a project lies.
chmodSync(place, 0o755);
try {
	const fresh: number[] = [];
	for (let n = 0; n < freshStarts; n++) fresh.push(await timed(mkdtempSync(join(place, "data-"))));
	report({ metric: "fresh_ms", value: median(fresh), unit: "ms", baseline: null, n: freshStarts });

	const data = join(place, readdirSync(place)[0] ?? "");
	const warm: number[] = [];
	for (let n = 0; n < warmStarts; n++) warm.push(await timed(data));
	report({ metric: "warm_ms", value: median(warm), unit: "ms", baseline: 5_000, n: warmStarts });

	await timed(data, async (product) => {
		await new Promise((resolve) => setTimeout(resolve, restAfterMs));
		report({ metric: "rest_rss_mb", value: heldMb(product), unit: "MB", baseline: 600, n: 1 });
	});
} finally {
	rmSync(place, { recursive: true, force: true });
}
