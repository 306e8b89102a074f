import { randomUUID } from "node:crypto";
import { Client } from "@langchain/langgraph-sdk";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { triggers } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import type { Permission } from "@/server/core/permissions";
import { createKey } from "@/server/keys/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, testExecutor } from "@/tests/support/agents";
import { type Door, openDoor } from "@/tests/support/door";
import { type Provider, startProvider } from "@/tests/support/provider";

// The official client, unmodified: counts, many runs at once, cron jobs.
let db: Database;
let made: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let door: Door;
beforeAll(async () => {
	made = await agentsDatabase();
	db = made.db;
	useDatabase(db);
	provider = await startProvider();
	executor = await testExecutor(made, provider);
	door = await openDoor();
});
afterAll(async () => {
	await executor.stop();
	door?.close();
	await provider.stop();
	await made.checkpoints.close();
});

const all: Permission[] = ["agents:read", "runs:read", "runs:write", "threads:read", "threads:write", "knowledge:read"];
const question = "How many days of annual leave do staff get?";
const input = () => ({ messages: [{ type: "human", content: question }] });

/** The client of a person of their own. */
async function clientOf(...more: Permission[]): Promise<Client> {
	const ctx = await testContext(db);
	const limits = { addresses: [], tokensPerDay: null, callsPerMinute: null };
	const { secret } = await createKey(ctx, { name: "Chat", scopes: [...all, ...more], expiresInDays: 1, ...limits });
	return new Client({ apiUrl: `${door.url}/api/langgraph`, apiKey: secret, callerOptions: { maxRetries: 0 } });
}

test("threads are counted, found by the agent that they are with, and sorted; agents are counted and tell their schemas", async () => {
	const own = await clientOf();
	const ids: string[] = [];
	for (const n of [1, 2, 3]) {
		const { thread_id: threadId } = await own.threads.create({ metadata: { title: `Thread ${n}` } });
		await own.runs.wait(threadId, "agent", { input: input() });
		ids.push(threadId);
	}
	const { thread_id: empty } = await own.threads.create();
	const idsOf = async (asked: Parameters<typeof own.threads.search>[0]) =>
		(await own.threads.search({ sortOrder: "asc", ...asked })).map((one) => one.thread_id);
	expect(await own.threads.count()).toBe(4);
	expect(await own.threads.count({ status: "busy" })).toBe(0);
	expect(await idsOf({})).toEqual([...ids, empty]);
	expect(await idsOf({ sortOrder: "desc", limit: 2, offset: 1 })).toEqual([ids[2], ids[1]]);
	for (const metadata of [{ graph_id: "agent" }, { assistant_id: made.agentId }, { graph_id: "Assistant" }])
		expect(await idsOf({ metadata })).toEqual([...ids, empty]);
	for (const metadata of [{ graph_id: "research" }, { assistant_id: randomUUID() }, { customer: "7" }]) {
		expect(await idsOf({ metadata })).toEqual([]);
		expect(await own.threads.count({ metadata })).toBe(0);
	}
	await expect(own.threads.search({ sortBy: "status" })).rejects.toThrow(/422.*sort_by/s);
	expect(await own.assistants.count()).toBe(1);
	expect(await own.assistants.count({ graphId: "research" })).toBe(0);
	expect(await own.assistants.getSchemas("agent")).toMatchObject({ input_schema: { required: ["messages"] } });
});

test("runs are stopped together, of one thread or all that are open, and by whoever waits for them and hangs up", async () => {
	const own = await clientOf();
	provider.usually({ tokens: 2_000, intervalMs: 20 });
	const { thread_id: threadId } = await own.threads.create();
	const { thread_id: other } = await own.threads.create();
	const ask = (thread: string) => own.runs.create(thread, "agent", { input: input() });
	const [first, second] = [await ask(threadId), await ask(other)];
	const statusOf = async (thread: string, run: { run_id: string }) => (await own.runs.get(thread, run.run_id)).status;
	const ends = (thread: string, run: { run_id: string }) =>
		until(async () => (await statusOf(thread, run)) === "interrupted");
	await expect(own.runs.cancelMany({ threadId, runIds: [second.run_id] })).rejects.toThrow(/404/);
	await own.runs.cancelMany({ threadId, runIds: [first.run_id] });
	await ends(threadId, first);
	await own.runs.cancelMany({ status: "all" });
	await ends(other, second);

	const third = await ask(threadId);
	const hangUp = new AbortController();
	const joined = own.runs.join(threadId, third.run_id, { signal: hangUp.signal, cancelOnDisconnect: true });
	await until(async () => (await statusOf(threadId, third)) === "running");
	hangUp.abort();
	await expect(joined).rejects.toThrow();
	await ends(threadId, third);
	provider.usually({});
});

test("a cron job is a schedule of its person's: made, found, paused and deleted from either side", async () => {
	const own = await clientOf("triggers:read", "triggers:write");
	const job = await own.crons.create("agent", { schedule: "0 7 * * 1-5", timezone: "Europe/Berlin", input: input() });
	const id = String((job as unknown as { cron_id: string }).cron_id);
	const [found] = await own.crons.search({ assistantId: "agent" });
	expect(found).toMatchObject({ cron_id: id, schedule: "0 7 * * 1-5", timezone: "Europe/Berlin", enabled: true });
	expect(found?.next_run_date).toMatch(/^\d{4}-/);
	const [row] = await db.orm.select().from(triggers).where(eq(triggers.id, id));
	expect(row).toMatchObject({ cron: "0 7 * * 1-5", question });
	await own.crons.update(id, { enabled: false, schedule: "0 8 * * *" });
	expect(await own.crons.count()).toBe(1);
	expect(await own.crons.search({ enabled: true })).toEqual([]);
	expect(await own.crons.search({ enabled: false })).toMatchObject([{ schedule: "0 8 * * *" }]);
	const stranger = await clientOf("triggers:read", "triggers:write");
	expect(await stranger.crons.search()).toEqual([]);
	await expect(stranger.crons.delete(id)).rejects.toThrow(/404/);
	await expect((await clientOf()).crons.search()).rejects.toThrow(/403/);
	const bad = [
		{ schedule: "every day" },
		{ schedule: "0 7 * * *", webhook: "https://a.test" },
		{ schedule: "0 7 * * *", endTime: "2030-01-01T00:00:00Z" },
	];
	for (const more of bad)
		await expect(own.crons.create("agent", { input: input(), ...more })).rejects.toThrow(/4(00|22)/);
	await own.crons.delete(id);
	expect(await own.crons.count()).toBe(0);
});
