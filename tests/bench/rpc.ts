import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import superjson from "superjson";
import { users } from "@/db/schema";
import { hashPassword } from "@/server/auth/passwords";
import { freePort } from "@/server/launch/postgres/cluster";
import { connect } from "@/tests/support/client";
import { type Product, startProduct } from "@/tests/support/product";
import { productDatabase, productDatabaseUrl } from "@/tests/support/product-database";
import { until } from "@/tests/support/until";
import { cpuOf } from "./cpu";
import { type Load, loadOf, type Way } from "./http-load";
import { median, report } from "./stream-material";

// `npm run bench -- rpc`: a signed-in, typed read through the whole gate, beside a bare Next route handler with the same query.

const { values } = parseArgs({
	options: { rounds: { type: "string", default: "7" }, ms: { type: "string", default: "1500" } },
});
const rounds = Number(values.rounds);
const windowMs = Number(values.ms);
const atOnce = [1, 20, 100];
/** One person may make 1,200 calls a minute: so many that nobody comes near. */
const people = 240;
const collections = 10;
const faces = ["rpc", "rest", "mcp"] as const;
type Side = "bare" | (typeof faces)[number];

const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
const root = process.cwd();
const next = join(root, "node_modules", "next", "dist", "bin", "next");
let product: Product | undefined;
let bare: ChildProcess | undefined;
try {
	product = await startProduct({ data });
	const { setupCode } = await product.ready;
	const cookies = await fillIn(product, setupCode ?? "");
	const port = await startBare(await productDatabaseUrl(product));
	const ways = { bare: { port, requests: [bytesOf("GET /collections", {})] }, ...facesOf(product, cookies) };
	await expectTheSame(ways);
	for (const side of sides()) await loadOf(ways[side], 20, 3_000);
	for (const connections of atOnce) tell(connections, await measure(ways, connections, product));
} finally {
	bare?.kill();
	await product?.stop();
	// What Next writes beside a route would be taken for a part of the project.
	for (const made of [".next", "next-env.d.ts", "tsconfig.tsbuildinfo"])
		rmSync(join(root, "tests", "bench", "bare", made), { recursive: true, force: true });
	rmSync(data, { recursive: true, force: true });
}

/** Collections that everyone may read, and people who are signed in. */
async function fillIn(product: Product, code: string): Promise<string[]> {
	const password = "a long enough sentence";
	const email = "owner@example.test";
	await (await connect(product.url)).api.auth.createOwner.mutate({ code, email, name: "Olga Owner", password });
	const owner = await connect(product.url, { email, password });
	for (let n = 0; n < collections; n += 1)
		await owner.api.knowledge.createCollection.mutate({
			name: `Handbook ${n}`,
			description: "What everybody should know.",
			access: "everyone",
		});
	const db = await productDatabase(product);
	const passwordHash = await hashPassword(password);
	const names = Array.from({ length: people }, (_, n) => `staff-${n}@example.test`);
	await db.orm
		.insert(users)
		.values(names.map((one) => ({ email: one, name: "Staff", role: "staff" as const, passwordHash })));
	await db.close();
	const made: string[] = [];
	for (const one of names) made.push((await connect(product.url, { email: one, password })).cookie);
	return made;
}

/** Next's own server in production, as it is set up by whoever writes a route and nothing else. */
async function startBare(url: string): Promise<number> {
	const folder = join(root, "tests", "bench", "bare");
	const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1", DATABASE_URL: url };
	const built = spawnSync(process.execPath, [next, "build", folder], { env, encoding: "utf8" });
	if (built.status !== 0) throw new Error(`The bare route was not built:\n${built.stdout}\n${built.stderr}`);
	const port = await freePort();
	const words = [next, "start", folder, "--port", String(port), "--hostname", "127.0.0.1"];
	bare = spawn(process.execPath, words, { env, stdio: ["ignore", "ignore", "inherit"] });
	await until(async () => (await fetch(`http://127.0.0.1:${port}/collections`).catch(() => null))?.ok, 60_000);
	return port;
}

function bytesOf(line: string, headers: Record<string, string>, body?: string): Buffer {
	const all = {
		host: "127.0.0.1",
		accept: "*/*",
		...headers,
		...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
	};
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
	return Buffer.from(`${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

/** The same question at each face, as a program asks it. */
function facesOf({ url }: Product, cookies: string[]): Record<(typeof faces)[number], Way> {
	const port = Number(new URL(url).port);
	const input = encodeURIComponent(superjson.stringify({}));
	const message = {
		jsonrpc: "2.0",
		id: 1,
		method: "tools/call",
		params: { name: "knowledge_listCollections", arguments: {} },
	};
	const asked = {
		"x-qd-csrf": "1",
		origin: url,
		host: new URL(url).host,
		accept: "application/json, text/event-stream",
		"content-type": "application/json",
	};
	const each = (ask: (cookie: string) => Buffer): Way => ({ port, requests: cookies.map(ask) });
	return {
		rpc: each((cookie) => bytesOf(`GET /api/trpc/knowledge.listCollections?input=${input}`, { cookie })),
		rest: each((cookie) => bytesOf("GET /api/v1/collections", { cookie })),
		mcp: each((cookie) => bytesOf("POST /api/mcp", { ...asked, cookie }, JSON.stringify(message))),
	};
}

/** Who measures must know that all of them answer, and with the same. */
async function expectTheSame(ways: Record<Side, Way>): Promise<void> {
	for (const [side, way] of Object.entries(ways)) {
		const said = await firstAnswer(way);
		const found = said.match(/Handbook \d/g)?.length;
		if (found !== collections) throw new Error(`${side} answers with ${found} collections: ${said.slice(0, 600)}`);
	}
}

async function firstAnswer({ port, requests }: Way): Promise<string> {
	const [head = "", body = ""] = String(requests[0]).split("\r\n\r\n");
	const [line = "", ...lines] = head.split("\r\n");
	const [method = "GET", path = "/"] = line.split(" ");
	const headers = lines
		.map((one): [string, string] => [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 2)])
		.filter(([name]) => name !== "content-length");
	const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body ? { body } : {}) });
	return answer.text();
}

/** In each round all sides in turn, another one first each time: what else the machine does falls on all of them. */
async function measure(ways: Record<Side, Way>, connections: number, product: Product): Promise<Record<Side, Load>[]> {
	const found: Record<Side, Load>[] = [];
	for (let round = 0; round < rounds; round += 1) {
		const seen: Partial<Record<Side, Load>> = {};
		for (const side of sides(round)) {
			await loadOf(ways[side], connections, windowMs / 5);
			const pids = { ...product.pids(), bare: bare?.pid ?? 0, client: process.pid };
			const before = cpuOf(pids);
			const load = await loadOf(ways[side], connections, windowMs);
			const used = cpuOf(pids);
			const calls = (load.perSecond * windowMs) / 1000;
			const cpu = Object.entries(used).map(
				([name, ms]) => `${name} ${((ms - (before[name] ?? 0)) / calls).toFixed(2)}`,
			);
			const figures = `${Math.round(load.perSecond)}/s p50 ${load.p50.toFixed(2)} p99 ${load.p99.toFixed(2)} ms`;
			console.error(`${connections} ${side}: ${figures}; CPU ms a call: ${cpu.join(", ")}`);
			seen[side] = load;
		}
		found.push(seen as Record<Side, Load>);
	}
	return found;
}

function sides(round = 0): Side[] {
	const all: Side[] = ["bare", ...faces];
	return all.map((_, at) => all[(at + round) % all.length] ?? "bare");
}

/** Throughput is told where both sides have enough to do, and what a call takes longer where it waits for no other. */
function tell(connections: number, found: Record<Side, Load>[]): void {
	for (const face of faces) {
		const name = face === "rpc" ? "" : `${face}_`;
		const ratio = median(found.map((round) => round[face].perSecond / round.bare.perSecond));
		const added = median(found.map((round) => round[face].p50 - round.bare.p50));
		const ratios = { bench: "rpc", n: rounds, value: ratio, unit: "", baseline: 0.6 };
		const times = { bench: "rpc", n: rounds, value: added, unit: "ms", baseline: 3 };
		if (connections === 20) report({ ...ratios, metric: `${name}throughput_ratio` });
		if (connections === 1) report({ ...times, metric: `${name}added_p50_ms` });
		report({ ...ratios, metric: `${name}throughput_ratio_at_${connections}` });
		report({ ...times, metric: `${name}added_p50_ms_at_${connections}` });
	}
}
