import { expect, test } from "vitest";
import type { KnownModel, KnownRoute } from "./catalogue";
import { needsOf, unfitFor } from "./conditions";
import { type ModelMessage, maxAnswerTokens } from "./model";

const model: KnownModel = {
	key: "a",
	name: "a",
	contextTokens: 20_000,
	modalities: ["text"],
	capabilities: [],
	dataRegion: "eu",
	isEnabled: true,
	price: { currency: "EUR", inputMicros: 1_000_000, outputMicros: 2_000_000, cachedMicros: null },
	connection: {
		id: "c",
		name: "C",
		kind: "openai",
		isEnabled: true,
		limits: { firstTokenMs: 1, idleMs: 1, totalMs: 1 },
	},
	target: () => {
		throw new Error("nobody asks it");
	},
	calls: 0,
	failures: 0,
	circuit: null,
};
const route: KnownRoute = { name: "r", isDefault: false, totalMs: 1, regions: [], steps: [] };
const says = (content: string, images = false): ModelMessage[] => [
	{ role: "user", content, ...(images ? { images: [{ type: "image/png", base64: "" }] } : {}) },
];
const short = needsOf({ messages: says("Short?"), tools: [] });
const picture = needsOf({ messages: says("What is it?", true), tools: [] });
const withTool = needsOf({ messages: says("Do it."), tools: [{ name: "t", description: "", parameters: {} }] });
const long = needsOf({ messages: says("x".repeat(80_000)), tools: [] });

test.each([
	["fits", {}, {}, {}, short, undefined],
	["is off", { isEnabled: false }, {}, {}, short, "off"],
	["is of a connection that is off", { connection: { ...model.connection, isEnabled: false } }, {}, {}, short, "off"],
	["keeps its data elsewhere", {}, {}, { regions: ["us"] }, short, "region"],
	["keeps its data where it should", {}, {}, { regions: ["us", "eu"] }, short, undefined],
	["sees no pictures", {}, {}, {}, picture, "modality"],
	["sees pictures", { modalities: ["text", "image"] }, {}, {}, picture, undefined],
	["is kept for pictures", { modalities: ["text", "image"] }, { modality: "image" }, {}, short, "modality"],
	["calls no tools", {}, {}, {}, withTool, "tools"],
	["is too short for it", {}, {}, {}, long, "context"],
	["is kept for what is long", {}, { leastTokens: 1_000 }, {}, short, "context"],
	["costs too much", {}, { mostMicros: 2 * maxAnswerTokens }, {}, short, "price"],
	["costs little enough", {}, { mostMicros: 2 * maxAnswerTokens + 2 }, {}, short, undefined],
	["has no price to be cheap by", { price: null }, { mostMicros: 1_000_000 }, {}, short, "price"],
	["fails too often", { calls: 10, failures: 6 }, { mostFailurePercent: 50 }, {}, short, "health"],
	["fails seldom enough", { calls: 10, failures: 5 }, { mostFailurePercent: 50 }, {}, short, undefined],
	["was asked too seldom to tell", { calls: 3, failures: 3 }, { mostFailurePercent: 50 }, {}, short, undefined],
] as const)("a model that %s", (_, facts, conditions, more, needs, reason) => {
	const step = { model: { ...model, ...facts }, conditions };
	expect(unfitFor(step, { ...route, ...more }, needs)?.reason).toBe(reason);
});
