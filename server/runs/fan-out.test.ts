import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ServiceContext } from "@/server/core/context";
import { openRedis, setRedis } from "@/server/core/redis";
import { getRun, startRun } from "@/server/runs/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { type Provider, startProvider } from "@/tests/support/provider";
import { type RedisServer, startRedis } from "@/tests/support/redis";
import { eventsChannel } from "./events";
import { tellsByRedis } from "./fan-out";

// The same stream, told through Redis where one is set; and on, where it goes away in the middle.

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let server: RedisServer;
let connection: ReturnType<typeof openRedis>;
let ctx: ServiceContext;
/** What PostgreSQL tells of events. */
let told = 0;
beforeAll(async () => {
	server = await startRedis();
	connection = openRedis(server.url);
	setRedis(connection);
	await until(() => tellsByRedis());
	base = await agentsDatabase();
	provider = await startProvider();
	ctx = await testContext(base.db);
	executor = await testExecutor(base, provider);
	await base.db.listen(eventsChannel, () => {
		told += 1;
	});
});
afterEach(() => provider.usually({}));
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
	connection.disconnect();
	setRedis(null);
	await server.kill();
});

const question = "How many days of annual leave do staff get?";
const inRow = (events: readonly { seq: number }[]) =>
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));

test("readers hear of a run's events through Redis alone, each once and in order", async () => {
	provider.next({ tokens: 200, intervalMs: 3 });
	const { runId } = await startRun(ctx, { question });
	const [one, other] = await Promise.all([readRun(ctx, runId), readRun(ctx, runId)]);
	inRow(one.events);
	expect(other).toEqual(one);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded", answer: one.text });
	expect(told).toBe(0);
});

test("a Redis that goes away in the middle of an answer costs its readers nothing, and is used again once it is back", async () => {
	provider.next({ tokens: 400, intervalMs: 5 });
	const { runId } = await startRun(ctx, { question });
	const reading = readRun(ctx, runId);
	const isSpeaking = sql`select from runs where id = ${runId} and last_seq > 15`;
	await until(async () => (await base.db.orm.execute(isSpeaking)).length > 0);
	await server.kill();
	await until(() => told > 0);
	const { events, text } = await reading;
	inRow(events);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded", answer: text });
	server = await startRedis(server.port);
	await until(() => tellsByRedis());
	const before = told;
	const again = await startRun(ctx, { question });
	inRow((await readRun(ctx, again.runId)).events);
	expect(told).toBe(before);
});
