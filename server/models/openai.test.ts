import { afterAll, beforeAll, expect, test } from "vitest";
import { type Provider, startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";
import { type ModelEnd, ModelFailure } from "./model";
import { openaiModel } from "./openai";
import { type ModelLimits, modelLimits } from "./provider";

let provider: Provider;
beforeAll(async () => {
	provider = await startProvider();
});
afterAll(() => provider.stop());

const quick: ModelLimits = { ...modelLimits, firstTokenMs: 400, idleMs: 300, totalMs: 3_000, backoffMs: 20 };
const question = [{ role: "user" as const, content: "How many days?" }];

async function ask(limits = quick, signal = new AbortController().signal, url = provider.url) {
	const pieces: string[] = [];
	const answers = openaiModel({ url, key: "sk-secret", model: "stand-in" }, limits).answer(question, signal);
	const end = (async (): Promise<ModelEnd> => {
		for (;;) {
			const piece = await answers.next();
			if (piece.done) return piece.value;
			pieces.push(piece.value);
		}
	})();
	const failure = await end.then(
		() => null,
		(error: unknown) => error,
	);
	return { text: pieces.join(""), failure, end: failure ? null : await end };
}

test("an answer comes piece by piece, with the provider's count of tokens", async () => {
	provider.next({ text: "It is twenty five days [1].", intervalMs: 2 });
	const { text, failure, end } = await ask();
	expect(failure).toBeNull();
	expect(text).toBe("It is twenty five days [1].");
	expect(end).toEqual({ usage: { inputTokens: 4, outputTokens: 6 }, end: "whole", calls: [], isEstimated: false });
	expect(provider.seen.at(-1)?.authorization).toBe("Bearer sk-secret");
});

test.each(["500", "429", "refuse"] as const)("after one %s the next try answers", async (fault) => {
	const before = provider.seen.length;
	provider.next({ fault }, { text: "Fine." });
	expect((await ask()).text).toBe("Fine.");
	expect(provider.seen.length - before).toBe(2);
});

test("two retries, then the failure says what it was and nothing secret", async () => {
	const before = provider.seen.length;
	provider.next({ fault: "500" }, { fault: "500" }, { fault: "500" });
	const { failure } = await ask();
	expect(failure).toBeInstanceOf(ModelFailure);
	expect(String(failure)).toBe("ModelFailure: The model's endpoint failed (500).");
	expect(provider.seen.length - before).toBe(3);
});

test("Retry-After is waited for", async () => {
	provider.next({ fault: "429", retryAfterSeconds: 1 }, { text: "Fine." });
	const started = performance.now();
	expect((await ask()).text).toBe("Fine.");
	expect(performance.now() - started).toBeGreaterThan(990);
});

test("a Retry-After past the whole time is not waited for", async () => {
	provider.next({ fault: "429", retryAfterSeconds: 60 });
	const started = performance.now();
	expect((await ask()).failure).toBeInstanceOf(ModelFailure);
	expect(performance.now() - started).toBeLessThan(1_000);
});

test.each(["400", "401"] as const)("a %s is not tried again", async (fault) => {
	const before = provider.seen.length;
	provider.next({ fault });
	expect((await ask()).failure).toBeInstanceOf(ModelFailure);
	expect(provider.seen.length - before).toBe(1);
});

test.each([
	["garbage", "The model's endpoint sent something that is not an answer."],
	["silent", "The model did not begin to answer within 1 s."],
] as const)("%s instead of an answer is a failure without text", async (fault, why) => {
	provider.next({ fault });
	const { text, failure } = await ask();
	expect(text).toBe("");
	expect(failure).toMatchObject({ message: why });
});

test.each([
	["cut", "The model's answer broke off."],
	["half", "The model's answer broke off."],
	["garbage-mid", "The model's endpoint sent something that is not an answer."],
	["stall", "The model fell silent for 1 s."],
] as const)("%s half-way keeps what was said and is not tried again", async (fault, why) => {
	const before = provider.seen.length;
	provider.next({ fault, text: "one two three four five six", intervalMs: 2 });
	const { text, failure } = await ask();
	expect(text).toBe("one two three");
	expect(failure).toMatchObject({ name: "ModelFailure", message: why });
	expect(provider.seen.length - before).toBe(1);
});

test("an answer that never ends is given up", async () => {
	provider.next({ text: "on ".repeat(400), intervalMs: 20 });
	const { failure } = await ask({ ...quick, totalMs: 300 });
	expect(failure).toMatchObject({ message: "The model did not finish in time." });
});

test("an answer at its greatest length says so", async () => {
	provider.next({ text: "Half a", finishReason: "length" });
	expect((await ask()).end?.end).toBe("cut");
});

test("an endpoint that can't be reached is a failure", async () => {
	const { failure } = await ask(quick, undefined, "http://127.0.0.1:9/v1");
	expect(failure).toMatchObject({ message: "The model's endpoint could not be reached." });
});

test.each(["before its first token", "in mid-stream"])("stopping %s hangs up at the provider", async (when) => {
	const controller = new AbortController();
	const before = provider.seen.length;
	provider.next(when === "in mid-stream" ? { text: "on ".repeat(400), intervalMs: 10 } : { fault: "silent" });
	const asked = ask({ ...quick, firstTokenMs: 20_000, totalMs: 20_000 }, controller.signal);
	await until(() => provider.seen.length > before);
	setTimeout(() => controller.abort(new Error("stopped")), 100);
	expect((await asked).failure).toMatchObject({ message: "stopped" });
	await until(() => provider.seen.at(-1)?.wasAborted, 2_000);
});
