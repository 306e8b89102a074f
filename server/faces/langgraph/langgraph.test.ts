import { randomUUID } from "node:crypto";
import { Client } from "@langchain/langgraph-sdk";
import { useStream } from "@langchain/langgraph-sdk/react";
import { and, eq } from "drizzle-orm";
import { Window } from "happy-dom";
import { createElement } from "react";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, runs } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import type { Permission } from "@/server/core/permissions";
import { createKey } from "@/server/keys/service";
import { testContext, testUser, until } from "@/tests/support";
import { agentsDatabase, testExecutor } from "@/tests/support/agents";
import { type Door, openDoor } from "@/tests/support/door";
import { type Provider, startProvider } from "@/tests/support/provider";
import { cookieOf } from "@/tests/support/session";

// The official client and its hook, unmodified, against our own door.
let db: Database;
let made: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let door: Door;
let client: Client;
const all: Permission[] = ["agents:read", "runs:read", "runs:write", "threads:read", "threads:write", "knowledge:read"];

async function keyOf(scopes: Permission[] = all): Promise<string> {
	const ctx = await testContext(db, { role: "staff" });
	const limits = { addresses: [], tokensPerDay: null, callsPerMinute: null };
	return (await createKey(ctx, { name: "Chat", scopes, expiresInDays: 1, ...limits })).secret;
}
const clientFor = (apiKey: string | null, headers: Record<string, string> = {}) =>
	new Client({
		apiUrl: `${door.url}/api/langgraph`,
		apiKey,
		defaultHeaders: headers,
		callerOptions: { maxRetries: 0 },
	});

beforeAll(async () => {
	made = await agentsDatabase();
	db = made.db;
	useDatabase(db);
	provider = await startProvider();
	executor = await testExecutor(made, provider);
	door = await openDoor();
	client = clientFor(await keyOf());
});
afterAll(async () => {
	await executor.stop();
	door?.close();
	await provider.stop();
	await made.checkpoints.close();
	// Another file of this process is not in a browser.
	for (const name of ["window", "document"]) Reflect.deleteProperty(globalThis, name);
});

const question = "How many days of annual leave do staff get?";
const input = (content = question) => ({ messages: [{ type: "human", content }] });
const contents = (state: { values: unknown }) =>
	(state.values as { messages: { type: string; content: string }[] }).messages.map(({ type, content }) => [
		type,
		content,
	]);

test("agents are assistants, found by id, by name, and by the word for the default one", async () => {
	const [assistant] = await client.assistants.search();
	expect(assistant).toMatchObject({ assistant_id: made.agentId, graph_id: "assistant", name: "Assistant" });
	for (const name of [made.agentId, "Assistant", "agent"])
		expect(await client.assistants.get(name)).toMatchObject({ assistant_id: made.agentId });
	expect(await client.assistants.search({ graphId: "other" })).toEqual([]);
	await expect(client.assistants.get(randomUUID())).rejects.toThrow(/404.*was not found/);
});

test("a thread is made, asked, read with state and history, found, renamed and deleted", async () => {
	const thread = await client.threads.create({ metadata: { title: "Leave" } });
	expect(thread).toMatchObject({ status: "idle", values: { messages: [] }, metadata: { title: "Leave" } });
	const first = (await client.runs.wait(thread.thread_id, "agent", { input: input() })) as {
		messages: { content: string }[];
	};
	expect(first.messages.at(-1)?.content).toContain("25 days");
	await client.runs.wait(thread.thread_id, "agent", { input: input("And in the second year?") });
	const state = await client.threads.getState(thread.thread_id);
	expect(contents(state).map(([type]) => type)).toEqual(["human", "ai", "human", "ai"]);
	expect(state.next).toEqual([]);
	const history = await client.threads.getHistory(thread.thread_id);
	expect(history.map((one) => contents(one).length)).toEqual([4, 2]);
	expect(history[0]?.parent_checkpoint?.checkpoint_id).toBe(history[1]?.checkpoint?.checkpoint_id);
	const earlier = await client.threads.getState(thread.thread_id, history[1]?.checkpoint?.checkpoint_id ?? "");
	expect(contents(earlier)).toEqual(contents(history[1] ?? { values: null }));
	expect((await client.threads.search({ limit: 5 })).map((one) => one.thread_id)).toEqual([thread.thread_id]);
	expect(await client.threads.search({ status: "busy" })).toEqual([]);
	expect((await client.threads.update(thread.thread_id, { metadata: { title: "Holidays" } })).metadata).toMatchObject({
		title: "Holidays",
	});
	await client.threads.delete(thread.thread_id);
	await expect(client.threads.get(thread.thread_id)).rejects.toThrow(/404/);
});

test("a stream tells metadata, values and pieces; whoever joins has the same, from wherever they were cut off", async () => {
	const { thread_id: threadId } = await client.threads.create();
	provider.next({ tokens: 30, intervalMs: 5 });
	let created = "";
	const parts: { id?: string | undefined; event: string; data: unknown }[] = [];
	for await (const part of client.runs.stream(threadId, "agent", {
		input: input(),
		streamMode: ["values", "messages-tuple", "updates", "custom"],
		onRunCreated: ({ run_id }) => {
			created = run_id;
		},
	}))
		parts.push(part);
	expect(parts[0]).toMatchObject({ event: "metadata", data: { run_id: created } });
	const spoken = (some: typeof parts) =>
		some
			.flatMap(({ event, data }) => (event === "messages" ? (data as [{ content: string }])[0].content : []))
			.join("");
	const last = parts.findLast(({ event }) => event === "values")?.data as {
		messages: { content: string; id: string }[];
	};
	const pieces = parts.flatMap(({ event, data }) => (event === "messages" ? (data as [{ id: string }])[0] : []));
	expect(last.messages.at(-1)).toMatchObject({ id: pieces[0]?.id, content: spoken(parts) });
	expect(parts.some(({ event }) => event === "updates")).toBe(true);
	expect(await client.runs.join(threadId, created)).toEqual(last);
	expect(await client.runs.get(threadId, created)).toMatchObject({ run_id: created, status: "success" });
	expect((await client.runs.list(threadId)).map((run) => run.run_id)).toEqual([created]);

	const cutAt = parts.filter(({ event }) => event === "messages").at(10)?.id ?? "";
	const again: typeof parts = [];
	for await (const part of client.runs.joinStream(threadId, created, {
		lastEventId: cutAt,
		streamMode: ["values", "messages-tuple"],
	}))
		again.push(part);
	const before = parts.slice(0, parts.findLastIndex(({ id }) => id === cutAt) + 1);
	expect(spoken(before) + spoken(again)).toBe(spoken(parts));
});

test("a state takes turns that were had elsewhere, and a run goes on from any checkpoint: the thread's state is of that branch then", async () => {
	const { thread_id: threadId } = await client.threads.create();
	const turn = (asked: string, answered: string) => ({
		messages: [
			{ type: "human", content: asked },
			{ type: "ai", content: answered },
		],
	});
	const { configurable } = await client.threads.updateState(threadId, { values: turn("Who is captain?", "Ana is.") });
	const first = String(configurable?.checkpoint_id);
	expect(contents(await client.threads.getState(threadId))).toEqual([
		["human", "Who is captain?"],
		["ai", "Ana is."],
	]);
	await client.runs.wait(threadId, "agent", { input: input() });
	expect(JSON.stringify(provider.seen.at(-1)?.body.messages)).toContain("Ana is.");
	const middle = await client.threads.getState(threadId);
	expect(contents(middle)).toHaveLength(4);

	const branched = await client.runs.wait(threadId, "agent", {
		input: input("And how many days of leave?"),
		checkpointId: first,
	});
	expect(
		contents({ values: branched })
			.map(([, content]) => content)
			.slice(0, 3),
	).toEqual(["Who is captain?", "Ana is.", "And how many days of leave?"]);
	expect(contents(await client.threads.getState(threadId))).toEqual(contents({ values: branched }));
	expect(contents(await client.threads.getState(threadId, middle.checkpoint.checkpoint_id ?? ""))).toEqual(
		contents(middle),
	);
	const on = await client.runs.wait(threadId, "agent", { input: input("And when is it asked for?") });
	expect(contents({ values: on })).toHaveLength(6);
	expect((await client.threads.getHistory(threadId)).map((one) => contents(one).length)).toEqual([6, 4, 2]);

	const other = await client.threads.updateState(threadId, {
		values: turn("Who is mate?", "Bo is."),
		checkpointId: first,
	});
	expect(contents(await client.threads.getState(threadId)).map(([, content]) => content)).toEqual([
		"Who is captain?",
		"Ana is.",
		"Who is mate?",
		"Bo is.",
	]);
	const same = await client.threads.updateState(threadId, { values: null });
	expect(same.configurable?.checkpoint_id).toBe(other.configurable?.checkpoint_id);
	const [row] = await db.orm.select().from(runs).where(eq(runs.id, first));
	expect(row).toMatchObject({
		state: "succeeded",
		result: { model: "none", degraded: expect.stringContaining("No agent wrote this") },
	});

	for (const values of [
		{ messages: [{ type: "human", content: "Alone?" }] },
		{ messages: [{ type: "ai", content: "So." }] },
		{ plan: [] },
	])
		await expect(client.threads.updateState(threadId, { values })).rejects.toThrow(/422/);
	const stranger = clientFor(await keyOf());
	await expect(stranger.threads.updateState(threadId, { values: turn("a", "b") })).rejects.toThrow(/404/);
	const { thread_id: theirs } = await stranger.threads.create();
	await expect(stranger.threads.updateState(theirs, { values: turn("a", "b"), checkpointId: first })).rejects.toThrow(
		/404/,
	);
	provider.next({ tokens: 2_000, intervalMs: 20 });
	const run = await client.runs.create(threadId, "agent", { input: input() });
	await expect(client.threads.updateState(threadId, { values: turn("a", "b") })).rejects.toThrow(/409/);
	await client.runs.cancel(threadId, run.run_id, true);
});

test("a run in the background is stopped by its thread; two in one thread follow one another, or are refused", async () => {
	const { thread_id: threadId } = await client.threads.create();
	provider.next({ tokens: 2_000, intervalMs: 20 });
	const run = await client.runs.create(threadId, "agent", { input: input() });
	await expect(
		client.runs.create(threadId, "agent", { input: input("Else?"), multitaskStrategy: "reject" }),
	).rejects.toThrow(/409/);
	await expect(client.runs.get(randomUUID(), run.run_id)).rejects.toThrow(/404/);
	await client.runs.cancel(threadId, run.run_id, true);
	expect(await client.runs.get(threadId, run.run_id)).toMatchObject({ status: "interrupted" });
	expect((await client.threads.get(threadId)).status).toBe("idle");
});

test("without a thread the messages are the whole conversation", async () => {
	const messages = [
		{ type: "human", content: "Who gets leave?" },
		{ type: "ai", content: "All staff." },
		{ role: "user", content: question },
	];
	const asked = provider.seen.length;
	const values = (await client.runs.wait(null, "agent", { input: { messages } })) as {
		messages: { content: string }[];
	};
	expect(values.messages.at(-1)?.content).toContain("25 days");
	expect(JSON.stringify(provider.seen.slice(asked))).toContain("All staff.");
	expect(await client.threads.search({ limit: 100 })).not.toContainEqual(
		expect.objectContaining({ values: { messages: [expect.objectContaining({ content: question })] } }),
	);
});

test("what can't be done is refused by name; the gate is the same as everywhere", async () => {
	const { thread_id: threadId } = await client.threads.create();
	const run = (more: object) => client.runs.create(threadId, "agent", { input: input(), ...more });
	for (const [more, word] of [
		[{ command: { resume: true } }, "command"],
		[{ interruptBefore: ["answer"] }, "interrupt_before"],
		[{ webhook: "https://example.test" }, "webhook"],
		[{ streamMode: "debug" }, "stream_mode"],
		[{ multitaskStrategy: "rollback" }, "multitask_strategy"],
		[{ input: null }, "input"],
		[{ input: { messages: [] } }, "messages"],
		[{ input: { messages: [{ type: "tool", content: "x" }] } }, "messages"],
		[{ input: { messages: [{ type: "human", content: [{ type: "image_url" }] }] } }, "Only text"],
	] as const)
		await expect(run(more as never)).rejects.toThrow(new RegExp(`422.*${word}`, "s"));

	await expect(run({ checkpointId: randomUUID() })).rejects.toThrow(/404/);
	const other = clientFor(await keyOf());
	for (const call of [
		() => other.threads.get(threadId),
		() => other.threads.getState(threadId),
		() => other.runs.list(threadId),
		() => other.runs.create(threadId, "agent", { input: input() }),
	])
		await expect(call()).rejects.toThrow(/404/);
	await expect(clientFor("nobody").assistants.search()).rejects.toThrow(/401/);
	await expect(clientFor(null).assistants.get("agent")).rejects.toThrow(/401/);
	await expect(clientFor(await keyOf(["agents:read"])).threads.create()).rejects.toThrow(/403/);
	const bearer = clientFor(null, { authorization: `Bearer ${await keyOf()}` });
	expect(await bearer.assistants.search()).toHaveLength(1);
	const cookie = await cookieOf(db, await testUser(db));
	const foreign = clientFor(null, { cookie, origin: "https://elsewhere.test" });
	await expect(foreign.threads.create()).rejects.toThrow(/403/);
	const own = clientFor(null, { cookie, origin: door.url, "x-qd-csrf": "1" });
	const started = await own.runs.create((await own.threads.create()).thread_id, "agent", { input: input() });
	const [entry] = await db.orm
		.select()
		.from(auditEntries)
		.where(and(eq(auditEntries.resourceId, started.run_id), eq(auditEntries.action, "run.start")));
	expect(entry).toMatchObject({ via: "langgraph" });
	const [row] = await db.orm.select().from(runs).where(eq(runs.id, started.run_id));
	expect(row?.question).toBe(question);
});

test("useStream asks, shows the answer while it comes, goes on, and finds both again after a reload", async () => {
	const window = new Window({ url: door.url });
	Object.assign(globalThis, { window, document: window.document });
	// It looks for a window when it is loaded.
	const { createRoot } = await import("react-dom/client");
	const apiKey = await keyOf();
	type State = { messages: { type: string; content: string; id?: string }[] };
	let stream: ReturnType<typeof useStream<State>> | undefined;
	let seen: string[] = [];
	let threadId: string | null = null;
	function Chat({ thread }: { thread: string | null }) {
		stream = useStream<State>({
			...{ apiUrl: `${door.url}/api/langgraph`, apiKey, assistantId: "agent", ...(thread ? { threadId: thread } : {}) },
			...{ messagesKey: "messages", fetchStateHistory: true },
			onThreadId: (id) => {
				threadId = id;
			},
		});
		const texts = stream.messages.map(({ content }) => String(content));
		seen = [...seen, texts.at(-1) ?? ""];
		return createElement("ol", null, ...texts.map((text, at) => createElement("li", { key: at }, text)));
	}
	const place = window.document.createElement("div");
	// happy-dom's elements are elements enough.
	const root = createRoot(place as unknown as Element);
	root.render(createElement(Chat, { thread: null }));
	const items = () => [...place.querySelectorAll("li")].map((item) => item.textContent ?? "");
	await until(() => stream);
	provider.next({ tokens: 60, intervalMs: 5 });
	void stream?.submit({ messages: [{ type: "human", content: question }] });
	await until(() => items().length === 2 && stream?.isLoading === false);
	const [asked, answer = ""] = items();
	expect(asked).toBe(question);
	expect(
		new Set(seen.filter((text) => text !== answer && answer.startsWith(text) && text !== "")).size,
	).toBeGreaterThan(2);
	void stream?.submit({ messages: [{ type: "human", content: "And in the second year?" }] });
	await until(() => items().length === 4 && stream?.isLoading === false);
	expect(stream?.error).toBeUndefined();
	const before = items();
	root.unmount();
	const again = createRoot(place as unknown as Element);
	again.render(createElement(Chat, { thread: threadId }));
	await until(() => items().length === 4);
	expect(items()).toEqual(before);
	again.unmount();
	// The window stays until the end: what React still has to do it does after this test.
}, 30_000);
