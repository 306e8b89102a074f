import { afterAll, beforeAll, expect, test } from "vitest";
import { type Provider as StandIn, startProvider } from "@/tests/support/provider";
import { anthropicProvider } from "./anthropic";
import type { ModelEnd, ModelMessage, ModelTool } from "./model";
import { askAgain, modelLimits, noProgress } from "./provider";

let standIn: StandIn;
beforeAll(async () => {
	standIn = await startProvider();
});
afterAll(() => standIn.stop());

const quick = { ...modelLimits, firstTokenMs: 2_000, idleMs: 400, totalMs: 6_000, backoffMs: 10 };
const question: ModelMessage[] = [
	{ role: "system", content: "Be brief." },
	{ role: "user", content: "How many days?" },
];

async function ask(messages = question, tools: ModelTool[] = []) {
	const provider = anthropicProvider({ url: standIn.url, key: "sk-ant-secret", model: "stand-in" });
	const progress = noProgress();
	const signal = new AbortController().signal;
	const pieces = askAgain(provider, { messages, tools }, { signal, limits: quick, progress });
	let text = "";
	try {
		for (let piece = await pieces.next(); ; piece = await pieces.next()) {
			if (piece.done) return { text, end: piece.value satisfies ModelEnd, failure: null, progress };
			text += piece.value;
		}
	} catch (failure) {
		return { text, end: null, failure, progress };
	}
}

const lastBody = () => standIn.seen.at(-1)?.body as unknown as Record<string, unknown>;

test("an answer comes piece by piece, with the provider's count and its key in its own header", async () => {
	standIn.next({
		text: "It is twenty five days.",
		intervalMs: 1,
		usage: { input_tokens: 7, cache_read_input_tokens: 20 },
	});
	const { text, end, failure } = await ask();
	expect(failure).toBeNull();
	expect(text).toBe("It is twenty five days.");
	expect(end).toEqual({
		usage: { inputTokens: 27, outputTokens: 5, cachedTokens: 20 },
		isEstimated: false,
		end: "whole",
		calls: [],
	});
	expect(standIn.seen.at(-1)).toMatchObject({ authorization: "sk-ant-secret", path: "/v1/messages" });
	expect(lastBody()).toMatchObject({ system: "Be brief.", stream: true, messages: [{ role: "user" }] });
});

test("tools are offered, called in pieces, and what they said stands together right behind", async () => {
	standIn.next({ text: "", toolCalls: [{ name: "look", arguments: { where: "the harbour office" } }] });
	const tools = [{ name: "look", description: "Looks.", parameters: { properties: {} } }];
	const { end } = await ask(question, tools);
	expect(end?.calls).toEqual([{ id: "toolu_0", name: "look", arguments: '{"where":"the harbour office"}' }]);
	expect(lastBody().tools).toEqual([
		{ name: "look", description: "Looks.", input_schema: { type: "object", properties: {} } },
	]);
	standIn.next({ text: "Done." });
	await ask([
		...question,
		{
			role: "assistant",
			content: "",
			calls: [
				{ id: "a", name: "look", arguments: '{"x":1}' },
				{ id: "b", name: "look", arguments: "no JSON" },
			],
		},
		{ role: "tool", callId: "a", content: "one" },
		{ role: "tool", callId: "b", content: "two" },
	]);
	expect(lastBody().messages).toEqual([
		{ role: "user", content: [{ type: "text", text: "How many days?" }] },
		{
			role: "assistant",
			content: [
				{ type: "tool_use", id: "a", name: "look", input: { x: 1 } },
				{ type: "tool_use", id: "b", name: "look", input: {} },
			],
		},
		{
			role: "user",
			content: [
				{ type: "tool_result", tool_use_id: "a", content: "one" },
				{ type: "tool_result", tool_use_id: "b", content: "two" },
			],
		},
	]);
});

test("a picture goes out as one", async () => {
	standIn.next({ text: "A crane." });
	await ask([{ role: "user", content: "What is it?", images: [{ type: "image/png", base64: "aGk=" }] }]);
	expect(lastBody().messages).toMatchObject([
		{ content: [{ type: "image", source: { media_type: "image/png", data: "aGk=" } }, { type: "text" }] },
	]);
});

test.each([
	["401", "key"],
	["429", "busy"],
	["404", "unknown"],
	["garbage", "garbage"],
	["refuse", "unreachable"],
] as const)("%s ends in a failure that says so, and nothing secret", async (fault, reason) => {
	standIn.usually({ fault });
	const { text, failure } = await ask();
	standIn.forget();
	expect(text).toBe("");
	expect(failure).toMatchObject({ name: "ModelFailure", reason });
	expect(String(failure)).not.toMatch(/sk-ant|127\.0\.0\.1|stand-in says/);
});

test.each([
	["cut", "broken"],
	["half", "broken"],
	["stall", "silent"],
	["garbage-mid", "garbage"],
] as const)("%s half-way keeps what was said, and knows what was asked of it", async (fault, reason) => {
	standIn.next({ fault, text: "one two three four five six", intervalMs: 2, usage: { input_tokens: 31 } });
	const { text, failure, progress } = await ask();
	expect(text).toBe("one two three");
	expect(failure).toMatchObject({ name: "ModelFailure", reason });
	expect(progress.usage.inputTokens).toBe(31);
});
