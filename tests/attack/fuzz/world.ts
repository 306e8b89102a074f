import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inArray, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { factorPolicies, sessions, users } from "@/db/schema";
import { hashPassword } from "@/server/auth/passwords";
import type { Role } from "@/server/core/permissions";
import { type Client, connect } from "@/tests/support/client";
import { startProduct } from "@/tests/support/product";
import { productDatabase } from "@/tests/support/product-database";
import { startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";
import type { Sent } from "./operations";

export type Person = { userId: string; role: Role; cookie: string };
/** Objects, what they hold outside of the heap, and all that the machine has given to the process. */
export type Memory = { heap: number; outside: number; all: number };
export type Answer = { status: number; text: string; ms: number };

const password = "canary password of everybody here";
/** Longest that a call may take, in ms, and for how long one is waited for. */
const longestMs = 2_000;
const patienceMs = 30_000;

/** What an answer must never hold: secrets, files of the machine, and words of the machinery behind it. */
const secret = /root:x:0:0|\$argon2id\$|sk-canary-model-key|canary password/;
const machinery = /Failed query|syntax error at or near|PostgresError|node_modules|\\n\s+at |\n\s+at \S+ \(/;

/** A product of one's own, that may be left in any state, with people who may do nearly everything. */
export async function startWorld(roles: readonly Role[]) {
	const provider = await startProvider();
	const data = await mkdtemp(join(tmpdir(), "quarterdeck-fuzz-"));
	const product = await startProduct({
		data,
		env: {
			QD_MODEL_URL: provider.url,
			QD_MODEL_KEY: "sk-canary-model-key",
			QD_MODEL: "stand-in",
			// Whoever may look into the process can make it clear away what it no longer needs.
			NODE_OPTIONS: "--inspect-port=0",
		},
	});
	const { setupCode } = await product.ready;
	const db = await productDatabase(product);
	const owner = { email: "first@example.test", password };
	await (await connect(product.url)).api.auth.createOwner.mutate({ code: setupCode ?? "", name: "Ada", ...owner });
	await search(await connect(product.url, owner));
	const people = await makePeople(db, product.url, roles);
	const insideOf = (pid = 0): Inside => ({ pid, log: join(data, "logs", "web.log") });
	const slow: string[] = [];
	const failures: string[] = [];
	return {
		db,
		data,
		url: product.url,
		people,
		send: async (sent: Sent, person: Person | null): Promise<Answer> => {
			const answer = await request(product.url, sent, person);
			const wrong = wrongWith(answer);
			if (wrong) failures.push(`${wrong}: ${described(sent)} → ${answer.status} ${answer.text.slice(0, 600)}`);
			if (answer.ms < longestMs) return answer;
			// On a busy machine anything may be slow once; a hang is slow again.
			const again = await request(product.url, sent, person);
			if (again.ms >= longestMs) slow.push(`${described(sent)} ${Math.round(again.ms)} ms`);
			return answer;
		},
		/** Calls that took too long, twice. */
		slow,
		/** Answers as no call may have any. */
		failures,
		mend: () => mend(db, people),
		/** What an expression comes to in the web process. */
		evaluate: (expression: string) => lookInside(insideOf(product.pids().web), expression),
		/** The web process's memory after it has cleared away what it no longer needs, in MB. */
		memory: async (): Promise<Memory> => {
			const said = String(await lookInside(insideOf(product.pids().web), "JSON.stringify(process.memoryUsage())"));
			const { heapUsed, external, rss } = JSON.parse(said) as NodeJS.MemoryUsage;
			const [heap = 0, outside = 0, all = 0] = [heapUsed, external, rss].map((bytes) => bytes / 2 ** 20);
			return { heap, outside, all };
		},
		stop: async () => {
			await db.close();
			await product.stop();
			await provider.stop();
			await rm(data, { recursive: true, force: true });
		},
	};
}
export type World = Awaited<ReturnType<typeof startWorld>>;

/** What is loaded once for all, which is large, is there before anybody looks at memory. */
async function search({ api }: Client): Promise<void> {
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Harbour", access: "everyone" });
	const { uploadId } = await api.knowledge.upload.mutate(new Blob(["All staff get 25 days of annual leave."]));
	await api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "leave.txt" });
	await until(async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount === 1, 60_000);
	await api.knowledge.search.query({ query: "annual leave" });
}

async function makePeople(db: Database, url: string, roles: readonly Role[]): Promise<Person[]> {
	const passwordHash = await hashPassword(password);
	const made: Person[] = [];
	for (const [at, role] of roles.entries()) {
		const email = `fuzz-${at}@example.test`;
		const [row] = await db.orm
			.insert(users)
			.values({ email, name: `Fuzz ${at}`, role, passwordHash })
			.returning({ id: users.id });
		const { cookie } = await connect(url, { email, password });
		made.push({ userId: row?.id ?? "", role, cookie });
	}
	return made;
}

/** Whatever was done to them, they can go on. */
async function mend(db: Database, people: readonly Person[]): Promise<void> {
	const ids = people.map(({ userId }) => userId);
	await db.orm.update(users).set({ disabledAt: null }).where(inArray(users.id, ids));
	for (const { userId, role } of people) await db.orm.update(users).set({ role }).where(sql`${users.id} = ${userId}`);
	await db.orm
		.update(sessions)
		.set({ revokedAt: null, provedAt: sql`now()`, lastSeenAt: sql`now()` })
		.where(inArray(sessions.userId, ids));
	await db.orm.delete(factorPolicies);
}

async function request(url: string, { method, url: path, body, type }: Sent, person: Person | null): Promise<Answer> {
	const started = performance.now();
	const over = AbortSignal.timeout(patienceMs);
	const headers = {
		origin: url,
		"x-qd-csrf": "1",
		accept: "application/json, text/event-stream",
		...(type ? { "content-type": type } : {}),
		...(person ? { cookie: person.cookie } : {}),
	};
	const answer = await fetch(url + path, { method, headers, body: body ?? null, redirect: "manual", signal: over });
	const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream");
	if (isStream) await answer.body?.cancel();
	const text = isStream ? "" : await answer.text();
	return { status: answer.status, text, ms: performance.now() - started };
}

const described = ({ method, url, body }: Sent) =>
	`${method} ${url.slice(0, 600)} ${typeof body === "string" ? body.slice(0, 600) : ""}`;

function wrongWith({ status, text }: Answer): string | null {
	if (status >= 500) return "a failure of ours";
	if (secret.test(text)) return "a secret in the answer";
	return status >= 400 && machinery.test(text) ? "machinery in the answer" : null;
}

type Inside = { pid: number; log: string };

/** By the inspector, which a signal opens, and which says in the log where it is. */
async function lookInside({ pid, log }: Inside, expression: string): Promise<unknown> {
	const address = () => /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(readFileSync(log, "utf8"))?.[0];
	if (!address()) process.kill(pid, "SIGUSR1");
	const socket = new WebSocket(await until(address));
	await new Promise((resolve, reject) => {
		socket.onopen = resolve;
		socket.onerror = reject;
	});
	let id = 0;
	const ask = (method: string, params: object = {}) =>
		new Promise<{ result?: { value?: unknown } }>((resolve) => {
			const own = ++id;
			socket.addEventListener("message", ({ data }) => {
				const said = JSON.parse(String(data)) as { id?: number; result?: { result?: { value?: unknown } } };
				if (said.id === own) resolve(said.result ?? {});
			});
			socket.send(JSON.stringify({ id: own, method, params }));
		});
	// Twice: what is freed last may have held something.
	await ask("HeapProfiler.collectGarbage");
	await ask("HeapProfiler.collectGarbage");
	const { result } = await ask("Runtime.evaluate", { expression, returnByValue: true });
	socket.close();
	return result?.value;
}
