import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openRedis, setRedis } from "@/server/core/redis";
import { until } from "@/tests/support";
import { type RedisServer, startRedis } from "@/tests/support/redis";
import { chargeCall, chargeKey, limitHeaders } from "./limits";

let server: RedisServer;
const opened: Redis[] = [];

/** A web process of its own, as far as counting goes: its connection, and nothing remembered. */
async function freshProcess(): Promise<void> {
	(globalThis as { quarterdeckLimiters?: Map<string, unknown> }).quarterdeckLimiters?.clear();
	const connection = openRedis(server.url);
	opened.push(connection);
	setRedis(connection);
	await until(() => connection.status === "ready");
}
const refusal = (call: Promise<unknown>) =>
	call.then(
		() => "let in",
		(error: { code: string }) => error.code,
	);
const times = <T>(n: number, work: () => Promise<T>) => Promise.all(Array.from({ length: n }, work));

beforeAll(async () => {
	server = await startRedis();
});
afterEach(() => {
	for (const connection of opened.splice(0)) connection.disconnect();
	setRedis(null);
});
afterAll(() => server.kill());

test("in process, the call after the last is refused, and says when to come again", async () => {
	setRedis(null);
	const key = randomUUID();
	const charges = await times(20, () => chargeCall("signIn", key));
	expect(limitHeaders(charges)).toMatchObject({ "ratelimit-limit": "20", "ratelimit-remaining": "0" });
	await expect(chargeCall("signIn", key)).rejects.toMatchObject({
		code: "LIMIT_REACHED",
		retryAfterSeconds: expect.any(Number),
	});
});

test("processes with one Redis count together, and no address stands in it", async () => {
	const key = `${randomUUID()}@example.test`;
	await freshProcess();
	await times(12, () => chargeCall("signIn", key));
	await freshProcess();
	const outcomes = await times(12, () => refusal(chargeCall("signIn", key)));
	expect(outcomes.filter((one) => one === "let in")).toHaveLength(8);
	const keys = (await opened[0]?.keys("*")) ?? [];
	expect(keys.length).toBeGreaterThan(0);
	expect(keys.join()).not.toContain("example.test");
});

test("a key's own limit holds over processes", async () => {
	const key = { keyId: randomUUID(), callsPerMinute: 5 };
	await freshProcess();
	await times(3, () => chargeKey(key));
	await freshProcess();
	const outcomes = await times(5, () => refusal(chargeKey(key)));
	expect(outcomes.filter((one) => one === "let in")).toHaveLength(2);
});

test("with Redis away sign-in and danger fail closed, the rest counts for itself, and all comes back by itself", async () => {
	await freshProcess();
	await chargeCall("standard", "before");
	await server.kill();
	await until(() => opened[0]?.status !== "ready");
	const key = randomUUID();
	expect(await refusal(chargeCall("signIn", key))).toBe("UNAVAILABLE");
	expect(await refusal(chargeCall("standard", key, { isDangerous: true }))).toBe("UNAVAILABLE");
	const outcomes = await times(1_210, () => refusal(chargeCall("standard", key)));
	expect(outcomes.filter((one) => one === "let in")).toHaveLength(1_200);
	expect(new Set(outcomes)).toEqual(new Set(["let in", "LIMIT_REACHED"]));
	server = await startRedis(server.port);
	await until(async () => (await refusal(chargeCall("signIn", key))) === "let in");
});
