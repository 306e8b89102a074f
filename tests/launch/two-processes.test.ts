import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import superjson from "superjson";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { readSecrets } from "@/server/launch/data-folder";
import { freePort } from "@/server/launch/postgres/cluster";
import { type Client, connect } from "@/tests/support/client";
import { type Product, startProduct } from "@/tests/support/product";
import { productDatabaseUrl } from "@/tests/support/product-database";
import { startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";

// Two installations on one PostgreSQL, one Redis and one folder of files: whatever happens in one holds in the other.

/** The longest that a revocation may take, and a second for a busy machine. */
const longest = 6_000;
const password = "a sentence that only they know";

let folder: string;
let redis: ChildProcess;
let provider: Awaited<ReturnType<typeof startProvider>>;
let a: Product;
let b: Product;
let owner: Client;
let collectionId: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "quarterdeck-two-"));
	const port = await freePort();
	redis = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], {
		stdio: "ignore",
	});
	provider = await startProvider();
	const env = {
		REDIS_URL: `redis://127.0.0.1:${port}`,
		QD_MODEL_URL: provider.url,
		QD_MODEL_KEY: "stand-in",
		QD_MODEL: "stand-in",
	};
	const [first, second] = [join(folder, "a"), join(folder, "b")];
	for (const one of [first, second]) await mkdir(one);
	a = await startProduct({ root: inject("project"), data: first, env });
	const { setupCode } = await a.ready;
	const account = { email: "owner@example.test", password };
	const stranger = await connect(a.url);
	await stranger.api.auth.createOwner.mutate({ ...account, code: setupCode ?? "", name: "Olga Owner" });
	owner = await connect(a.url, account);
	await symlink(join(first, "files"), join(second, "files"));
	const { QD_AUTH_SECRET } = await readSecrets(first);
	const shared = { ...env, QD_AUTH_SECRET, DATABASE_URL: await productDatabaseUrl(a) };
	b = await startProduct({ root: inject("project"), data: second, env: shared });
	await b.ready;

	collectionId = (await owner.api.knowledge.createCollection.mutate({ name: "Leave", access: "private" })).id;
	const text = "# Annual leave\n\nEveryone has 25 days of annual leave in a year. Ask your manager for days of leave.";
	const { uploadId } = await owner.api.knowledge.upload.mutate(new Blob([text]));
	const { document } = await owner.api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "leave.md" });
	const state = async () => (await owner.api.knowledge.getDocument.query({ documentId: document.id })).state;
	await until(async () => (await state()) === "ready", 60_000);
});
afterAll(async () => {
	await b?.stop();
	await a?.stop();
	await provider?.stop();
	redis?.kill();
	await rm(folder, { recursive: true, force: true });
});

let made = 0;
/** Somebody who is signed in, and the same session as it looks from either process. */
async function person(): Promise<{ userId: string; onA: Client; onB: Client }> {
	const account = { email: `staff-${made++}@example.test`, password };
	const { id: userId } = await owner.api.users.create.mutate({ ...account, name: "Staff", role: "staff" });
	const onA = await connect(a.url, account);
	return { userId, onA, onB: await withCookie(b.url, onA) };
}

/** The session of the one process, shown to the other. */
async function withCookie(url: string, { cookie }: Client): Promise<Client> {
	const client = await connect(url);
	Object.assign(client.headers, { cookie });
	return { ...client, cookie };
}

const problemOf = async (call: Promise<unknown>): Promise<string> =>
	call.then(
		() => "none",
		(error) => error.data?.problem ?? String(error),
	);

test("a session of the one is a session of the other; ended in the one, it ends in the other", async () => {
	const { userId, onA, onB } = await person();
	for (const one of [onA, onB]) expect((await one.api.auth.me.query({})).id).toBe(userId);
	await owner.api.sessions.endAllOf.mutate({ userId });
	for (const one of [onB, onA])
		await until(async () => (await problemOf(one.api.auth.me.query({}))) === "UNAUTHENTICATED", longest);
});

test("a key that was revoked in the one is refused in the other", async () => {
	const { onA } = await person();
	const terms = { expiresInDays: null, addresses: [], tokensPerDay: null, callsPerMinute: null };
	const { key, secret } = await onA.api.keys.create.mutate({ ...terms, name: "Nightly", scopes: ["knowledge:read"] });
	const status = async () =>
		(await fetch(`${b.url}/api/v1/collections`, { headers: { authorization: `Bearer ${secret}` } })).status;
	expect(await status()).toBe(200);
	await onA.api.keys.revoke.mutate({ keyId: key.id });
	await until(async () => (await status()) === 401, longest);
});

test("OpenAI's own client is asked for a function of its caller's through the one, and answered through the other", async () => {
	const { onA } = await person();
	const terms = { expiresInDays: null, addresses: [], tokensPerDay: null, callsPerMinute: null };
	const scopes = ["agents:read", "runs:read", "runs:write", "knowledge:read"] as const;
	const { secret } = await onA.api.keys.create.mutate({ ...terms, name: "Tides", scopes: [...scopes] });
	const at = ({ url }: Product) => new OpenAI({ baseURL: `${url}/api/openai/v1`, apiKey: secret, maxRetries: 0 });
	const tools = [
		{
			type: "function" as const,
			function: { name: "tide_at", description: "Height.", parameters: { type: "object" } },
		},
	];
	const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "How high is the tide?" }];
	provider.next({ text: "", toolCalls: [{ name: "tide_at", arguments: { port: "Marrow" } }] });
	const [first] = (await at(a).chat.completions.create({ model: "Assistant", messages, tools })).choices;
	const calls = first?.message.tool_calls ?? [];
	expect(calls).toMatchObject([{ type: "function", function: { name: "tide_at", arguments: '{"port":"Marrow"}' } }]);
	provider.next({ text: "It is 3 metres." });
	messages.push({ role: "assistant", tool_calls: calls });
	messages.push({ role: "tool", tool_call_id: calls[0]?.id ?? "", content: "3 metres" });
	const [second] = (await at(b).chat.completions.create({ model: "Assistant", messages, tools })).choices;
	expect(second).toMatchObject({ finish_reason: "stop", message: { content: "It is 3 metres." } });
});

test("what was spent in the one is spent in the other, to the call", async () => {
	const { onA } = await person();
	const input = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at, superjson.serialize({})]));
	const path = `/api/trpc/${Array(10).fill("auth.me").join(",")}?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`;
	let done = 0;
	let refused = 0;
	const ask10 = async (url: string) => {
		const text = await (await fetch(url + path, { headers: { cookie: onA.cookie } })).text();
		done += text.split('"result"').length - 1;
		refused += text.split('"problem":"LIMIT_REACHED"').length - 1;
	};
	for (let round = 0; round < 7; round += 1)
		await Promise.all(Array.from({ length: 20 }, (_, at) => ask10(at % 2 ? a.url : b.url)));
	expect([done, refused]).toEqual([1_200, 200]);
});

test("a grant that was taken away in the one gives nothing in the other, whatever it remembers", async () => {
	const { userId, onB } = await person();
	const found = async () => {
		const { passages } = await onB.api.knowledge.search.query({ query: "How many days of annual leave are there?" });
		return passages.length;
	};
	await owner.api.access.share.mutate({ kind: "collection", resourceId: collectionId, grantee: userId, level: "read" });
	expect(await found()).toBeGreaterThan(0);
	expect(await found()).toBeGreaterThan(0);
	await owner.api.access.unshare.mutate({ kind: "collection", resourceId: collectionId, grantee: userId });
	expect(await found()).toBe(0);
	expect(await problemOf(onB.api.knowledge.getCollection.query({ collectionId }))).toBe("NOT_FOUND");
});

test("a role that was taken away in the one is gone in the other", async () => {
	const { userId, onB } = await person();
	expect(await problemOf(onB.api.runs.start.mutate({ question: "Hello?" }))).toBe("none");
	await owner.api.users.setRole.mutate({ userId, role: "auditor" });
	await until(
		async () => (await problemOf(onB.api.runs.start.mutate({ question: "Hello?" }))) === "FORBIDDEN",
		longest,
	);
});

test("a run that was started in the one streams from the other, and is stopped from there", async () => {
	const { userId, onA, onB } = await person();
	await owner.api.access.share.mutate({ kind: "collection", resourceId: collectionId, grantee: userId, level: "read" });
	const question = 'How many days of annual leave are there? {{"tokens": 2000, "intervalMs": 50}}';
	const { runId } = await onA.api.runs.start.mutate({ question });
	const numbers: Record<"a" | "b", string[]> = { a: [], b: [] };
	const types = new Set<string>();
	const over = [follow(onA, "a"), follow(onB, "b")];
	await until(() => types.has("answer.delta") && numbers.b.length > 20, 30_000);
	await onB.api.runs.stop.mutate({ runId });
	await Promise.all(over);
	expect(numbers.b).toEqual(numbers.a);
	expect(types).toContain("run.ended");

	function follow({ api }: Client, name: "a" | "b"): Promise<void> {
		return new Promise((resolve, reject) => {
			api.runs.events.subscribe(
				{ runId },
				{
					onData: ({ id, data }) => {
						numbers[name].push(id);
						types.add(data.body.type);
					},
					onComplete: resolve,
					onError: reject,
				},
			);
		});
	}
});
