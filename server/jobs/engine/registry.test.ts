import { Inngest, type InngestFunction } from "inngest";
import { createDefer } from "inngest/experimental";
import { expect, test } from "vitest";
import { createCaller } from "./protocol";
import { concurrencyKeys, concurrencyLimit, Registry } from "./registry";

const inngest = new Inngest({ id: "test", isDev: true });
const triggers = [{ event: "a/b" }];
const register = async (...functions: InngestFunction.Any[]) =>
	Registry.from(await createCaller({ client: inngest, functions }).register());
const nothing = () => null;

test.each([
	["batchEvents", { batchEvents: { maxSize: 10, timeout: "5s" } }],
	["debounce", { debounce: { period: "5s" } }],
	["throttle", { throttle: { limit: 1, period: "5s" } }],
	["rateLimit", { rateLimit: { limit: 1, period: "5s" } }],
	["singleton", { singleton: { mode: "skip" } }],
] as const)("%s is refused by name", async (name, options) => {
	const wanting = inngest.createFunction({ id: "wanting", triggers, ...options }, nothing);
	await expect(register(wanting)).rejects.toThrow(
		`Function test-wanting: the embedded engine does not do ${name} yet: leave it out, or run with an Inngest server`,
	);
});

test("so is jitter of a cron, and a deferred function", async () => {
	const jittery = inngest.createFunction({ id: "jittery", triggers: [{ cron: "0 * * * *", jitter: "10m" }] }, nothing);
	await expect(register(jittery)).rejects.toThrow("triggers.0.jitter");
	await expect(register(createDefer(inngest, { id: "deferred" }, nothing))).rejects.toThrow("deferred functions");
});

test.each([
	["an expression", { idempotency: "event.data." }, "not a valid expression"],
	["an unknown variable", { priority: { run: "evnt.data.n" } }, "evnt"],
	["a cron", { triggers: [{ cron: "every day" }] }, "triggers.0.cron"],
	["a duration", { timeouts: { finish: "soon" as "1s" } }, "not a duration"],
] as const)("%s that is malformed is refused at once, not when it is needed", async (_, options, message) => {
	const wrong = inngest.createFunction({ id: "wrong", triggers, ...options } as never, nothing);
	await expect(register(wrong)).rejects.toThrow(message);
});

test("a function is known by what it may do", async () => {
	const full = inngest.createFunction(
		{
			id: "full",
			retries: 7,
			triggers: [{ event: "a/*", if: "event.data.n >= 2" }, { cron: "0 * * * *" }],
			concurrency: [{ limit: 3 }, { limit: 1, key: "event.data.who", scope: "env" }],
		},
		nothing,
	);
	const registry = await register(full);
	const event = (name: string, n: number) => ({ id: "1", name, ts: 0, data: { n, who: "ann" } });
	const [spec] = registry.startedBy(event("a/x", 2));
	if (!spec) throw new Error("It was not started");
	expect(spec).toMatchObject({ id: "test-full", maxAttempts: 8, crons: ["0 * * * *"] });
	expect(registry.startedBy(event("a/x", 1))).toEqual([]);
	expect(registry.startedBy(event("b/x", 2))).toEqual([]);
	expect(concurrencyKeys(spec, event("a/x", 2))).toEqual(["test-full", "env event.data.who ann"]);
	expect([concurrencyLimit(spec, 0), concurrencyLimit(spec, 1), concurrencyLimit(spec, 2)]).toEqual([3, 1, Infinity]);
});

test("without a number of retries there are four", async () => {
	const registry = await register(inngest.createFunction({ id: "plain", triggers }, nothing));
	expect(registry.find("test-plain")?.maxAttempts).toBe(5);
});
