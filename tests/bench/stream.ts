import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Product, startProduct } from "@/tests/support/product";
import { cpuOf } from "./cpu";
import { ask, askDirectly, askMany, fillIn, median, report, startProviderProcess } from "./stream-material";

// `npm run bench -- stream`: the built product beside a provider of its own, a real collection, people who are signed in.

const tokens = 50;
const people = 20;
const repeats = 60;
const runsAtOnce = 20;
const runsInAll = 1_200;

const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
const provider = await startProviderProcess();
let product: Product | undefined;
try {
	product = await startProduct({
		data,
		env: { QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" },
	});
	await product.ready;
	const clients = await fillIn(product, people);
	const [first] = clients;
	if (!first) throw new Error("nobody is there to ask");
	await provider.behave({ tokens });
	for (let n = 0; n < 10; n += 1) await ask(product.url, first, n);

	const ours: number[] = [];
	const direct: number[] = [];
	for (let n = 0; n < repeats; n += 1) {
		direct.push(await askDirectly(provider.url));
		const started = performance.now();
		ours.push((await ask(product.url, first, n)).firstTokenAt - started);
	}
	const over = median(ours) - median(direct);
	report({ bench: "stream", metric: "ttft_over_provider_ms_p50", value: over, unit: "ms", baseline: 25, n: repeats });

	const { url } = product;
	const askOne = (place: number, n: number) => ask(url, clients[place % clients.length] ?? first, n);
	await askMany(200, runsAtOnce, askOne);
	const before = cpuOf({ ...product.pids(), provider: provider.pid, client: process.pid });
	const started = performance.now();
	await askMany(runsInAll, runsAtOnce, askOne);
	const seconds = (performance.now() - started) / 1000;
	const used = cpuOf({ ...product.pids(), provider: provider.pid, client: process.pid });
	const each = Object.entries(used).map(
		([name, ms]) => `${name} ${((ms - (before[name] ?? 0)) / runsInAll).toFixed(1)}`,
	);
	console.error(`CPU ms a run: ${each.join(", ")}`);
	const rate = runsInAll / seconds;
	report({ bench: "stream", metric: "runs_per_s_at_20", value: rate, unit: "runs/s", baseline: 60, n: runsInAll });
} finally {
	await product?.stop();
	provider.child.kill();
	rmSync(data, { recursive: true, force: true });
}
