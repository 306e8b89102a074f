import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import superjson from "superjson";
import { type Client, connect } from "@/tests/support/client";
import { type Product, startProduct } from "@/tests/support/product";
import { until } from "@/tests/support/until";
import { cpuOf } from "./cpu";
import { median, question, report, textOf } from "./stream-material";

// `npm run bench -- stream`: the built product beside a provider of its own, a real collection, people who are signed in.

const tokens = 50;
const people = 20;
const repeats = 60;
const runsAtOnce = 20;
const runsInAll = 1_200;
/** How long a run lasts matters little here; that one breaks does. */
const longestMs = 20_000;

type Events = { firstTokenAt: number; endedAt: number; state: string };

const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
const provider = await startProviderProcess();
let product: Product | undefined;
try {
	product = await startProduct({
		data,
		env: { QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" },
	});
	await product.ready;
	const clients = await fillIn(product, await setupCodeOf(product));
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

	await askMany(product.url, clients, 200);
	const before = cpuOf({ ...product.pids(), provider: provider.pid, client: process.pid });
	const started = performance.now();
	await askMany(product.url, clients, runsInAll);
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

/** The stand-in as a process of its own, as a real provider is. */
async function startProviderProcess() {
	const child: ChildProcess = spawn(process.execPath, ["tests/support/provider.ts"], {
		stdio: ["ignore", "pipe", "inherit"],
		env: { NODE_ENV: "test", PORT: "0" },
	});
	const [said] = child.stdout ? await once(child.stdout, "data") : [""];
	const base = `http://127.0.0.1:${String(said).trim()}`;
	const behave = (usually: object) => fetch(`${base}/script`, { method: "POST", body: JSON.stringify({ usually }) });
	return { child, pid: child.pid ?? 0, url: `${base}/v1`, behave };
}

/** It is printed a moment after the address. */
async function setupCodeOf({ output }: Product): Promise<string> {
	const found = await until(() => /one-time code:\s+(\S+)/.exec(output()));
	return found[1] ?? "";
}

/** An owner, people who are signed in, and documents that all of them may read. */
async function fillIn(product: Product, code: string): Promise<Client[]> {
	const password = "a long enough sentence";
	const email = "owner@example.test";
	await (await connect(product.url)).api.auth.createOwner.mutate({ code, email, name: "Olga Owner", password });
	const owner = await connect(product.url, { email, password });
	const { id: collectionId } = await owner.api.knowledge.createCollection.mutate({
		name: "Handbook",
		access: "everyone",
	});
	for (let n = 0; n < 12; n += 1) {
		const { uploadId } = await owner.api.knowledge.upload.mutate(new Blob([textOf(n)]));
		await owner.api.knowledge.addDocument.mutate({ collectionId, uploadId, name: `chapter-${n}.md` });
	}
	await until(async () => (await owner.api.knowledge.getCollection.query({ collectionId })).readyCount === 12, 120_000);
	const made: Client[] = [];
	for (let n = 0; n < people; n += 1) {
		const account = { email: `staff-${n}@example.test`, name: `Staff ${n}`, password };
		await owner.api.users.create.mutate({ ...account, role: "staff" });
		made.push(await connect(product.url, account));
	}
	return made;
}

/** Asks over the same wire as the console, without the console's own work: start, then the stream until it ends. */
async function ask(url: string, client: Client, n: number): Promise<Events> {
	const started = await patientFetch(`${url}/api/trpc/runs.start`, {
		method: "POST",
		headers: { ...client.headers, "content-type": "application/json" },
		body: superjson.stringify({ question: question(n) }),
	});
	const answer = (await started.json()) as { result?: { data: { json: { runId: string } } } };
	if (!answer.result) throw new Error(`A run was not started: ${JSON.stringify(answer)}`);
	const input = superjson.stringify({ runId: answer.result.data.json.runId });
	const stream = await patientFetch(`${url}/api/trpc/runs.events?input=${encodeURIComponent(input)}`, {
		headers: client.headers,
		signal: AbortSignal.timeout(longestMs),
	});
	const events: Events = { firstTokenAt: 0, endedAt: 0, state: "" };
	const decoder = new TextDecoder();
	let rest = "";
	for await (const bytes of stream.body ?? []) {
		rest += decoder.decode(bytes, { stream: true });
		if (events.firstTokenAt === 0 && rest.includes('"answer.delta"')) events.firstTokenAt = performance.now();
		const ended = /"type":"run\.ended","state":"(\w+)"|"state":"(\w+)"[^\n]*"type":"run\.ended"/.exec(rest);
		if (ended) {
			events.endedAt = performance.now();
			events.state = ended[1] ?? ended[2] ?? "";
		}
		rest = rest.slice(rest.lastIndexOf("\n") + 1);
	}
	if (events.state !== "succeeded" || events.firstTokenAt === 0)
		throw new Error(`A run ended ${events.state || "never"}`);
	return events;
}

/** A kept connection may be closed by the server just as it is used again. */
async function patientFetch(url: string, init: RequestInit): Promise<Response> {
	try {
		return await fetch(url, init);
	} catch (error) {
		if (error instanceof TypeError) return fetch(url, init);
		throw error;
	}
}

async function askDirectly(url: string): Promise<number> {
	const started = performance.now();
	const response = await fetch(`${url}/chat/completions`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "Hello" }] }),
	});
	let firstAt = 0;
	for await (const _ of response.body ?? []) firstAt ||= performance.now();
	return firstAt - started;
}

/** So many runs, always as many at once, each by another person. */
async function askMany(url: string, clients: Client[], count: number): Promise<void> {
	let left = count;
	const loop = async (_: unknown, index: number) => {
		const client = clients[index % clients.length];
		while (client && left > 0) {
			left -= 1;
			await ask(url, client, left);
		}
	};
	await Promise.all(Array.from({ length: runsAtOnce }, loop));
}
