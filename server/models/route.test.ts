import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { modelCalls, modelCircuits, modelConnections, modelHealth } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { testContext, testDatabase } from "@/tests/support";
import { type Provider as StandIn, startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";
import { catalogueNow, findRoute, forgetCatalogue } from "./catalogue";
import { loadOpenai } from "./clients";
import { AddConnection, type Hop } from "./contract";
import { partsOf } from "./index";
import { type ModelEnd, ModelFailure, type ModelMessage, type ModelTool } from "./model";
import { type Asker, routeModel } from "./route";
import { addConnection, addModel, addPrice, addRoute, changeModel } from "./service";

let db: Database;
let admin: ServiceContext;
let standIn: StandIn;
const connections: Record<string, string> = {};
let n = 0;

beforeAll(async () => {
	db = await testDatabase();
	standIn = await startProvider();
	env().QD_PRIVATE_NETWORKS = "allowed";
	admin = { ...(await testContext(db, { role: "admin" })), via: "console" };
	await loadOpenai();
	connections.usual = await connect("Stand-in");
	// A person can't set them so short; a test need not wait so long.
	connections.slow = await connect("Hasty", { firstTokenMs: 300 });
	connections.silent = await connect("Restless", { idleMs: 300 });
});
beforeEach(() => standIn.forget());
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await standIn.stop();
});

async function connect(name: string, limits: { firstTokenMs?: number; idleMs?: number } = {}): Promise<string> {
	const connection = { name, kind: "openai", address: standIn.url, key: "sk-of-the-route" };
	const { id } = await addConnection(admin, AddConnection.parse(connection));
	if (Object.keys(limits).length > 0)
		await db.orm.update(modelConnections).set(limits).where(eq(modelConnections.id, id));
	return id;
}
type Made = { name: string; id: string };
async function make(what: string, more: { contextTokens?: number; price?: number; of?: string } = {}): Promise<Made> {
	const name = `${what}-${++n}`;
	const facts = { contextTokens: more.contextTokens ?? 50_000, dataRegion: "" };
	const { id } = await addModel(admin, {
		connectionId: connections[more.of ?? "usual"] ?? connections.usual ?? "",
		name,
		...facts,
		modalities: ["text"],
		capabilities: ["tools"],
	});
	const { price } = more;
	if (price !== undefined)
		await addPrice(admin, {
			modelId: id,
			currency: "EUR",
			inputMicros: price,
			outputMicros: price * 2,
			cachedMicros: null,
		});
	return { name, id };
}
async function routeOver(models: Made[], totalMs = 6_000): Promise<string> {
	const steps = models.map(({ id: modelId }) => ({ modelId, conditions: {} }));
	const name = `route-${++n}`;
	await addRoute(admin, { name, description: "", totalMs, regions: [], steps, isDefault: false });
	return name;
}

const question: ModelMessage[] = [{ role: "user", content: "How many days of leave are there?" }];
const tool: ModelTool = { name: "look", description: "Looks.", parameters: { type: "object", properties: {} } };

type Ask = Partial<Pick<Asker, "expectGoing" | "expectPaid">> & {
	onRestart?: ((why: string) => void) | undefined;
	onPiece?: (text: string) => void;
	signal?: AbortSignal;
	tools?: ModelTool[];
	parts?: ReturnType<typeof partsOf>;
};
async function ask(route: string, more: Ask = {}) {
	const hops: Hop[] = [];
	const problems: unknown[] = [];
	const parts = more.parts ?? partsOf({ db, onProblem: (error) => problems.push(error) });
	const { expectGoing = () => {}, expectPaid = async () => {} } = more;
	const who = { runId: null, userId: null, keyId: null, agentId: null };
	const asker = { who, expectGoing, expectPaid, onHop: (hop: Hop) => void hops.push(hop) };
	const model = routeModel(parts, { name: route, find: (now) => findRoute(now, route) }, asker);
	let text = "";
	let end: ModelEnd | null = null;
	let failure: unknown = null;
	const restart = (why: string) => {
		text = "";
		more.onRestart?.(why);
	};
	try {
		const signal = more.signal ?? new AbortController().signal;
		const pieces = model.answer(question, signal, more.tools ?? [], more.onRestart ? { onRestart: restart } : {});
		for (let piece = await pieces.next(); ; piece = await pieces.next()) {
			if (piece.done) {
				end = piece.value;
				break;
			}
			text += piece.value;
			more.onPiece?.(text);
		}
	} catch (error) {
		failure = error;
	}
	await parts.calls.settled();
	expect(problems).toEqual([]);
	return { text, end, failure, hops };
}
const rowsOf = ({ id }: Made) => db.orm.select().from(modelCalls).where(eq(modelCalls.modelKey, id));
const asked = ({ name }: Made) => standIn.seen.filter(({ body }) => body.model === name).length;

test("a provider that names a time is not waited for where another model answers, and rests until then", async () => {
	const [first, second] = [await make("busy", { price: 1_000_000 }), await make("next", { price: 2_000_000 })];
	standIn.when(first.name, { fault: "429", retryAfterSeconds: 60 });
	standIn.when(second.name, { text: "There are thirty." });
	const route = await routeOver([first, second]);
	const { text, end, hops } = await ask(route);
	expect(text).toBe("There are thirty.");
	expect(end).toMatchObject({ by: second.name, isEstimated: false });
	expect(hops).toMatchObject([
		{ model: first.name, outcome: "failed", reason: "busy", status: 429, inputTokens: 0, costMicros: 0 },
		{ model: second.name, outcome: "answered", reason: null, inputTokens: 9, outputTokens: 3, costMicros: 30 },
	]);
	expect(asked(first)).toBe(1);
	// Other processes hear of it too.
	const circuits = await until(async () => {
		const rows = await db.orm.select().from(modelCircuits).where(eq(modelCircuits.modelKey, first.id));
		return rows.length > 0 && rows;
	});
	expect(circuits).toMatchObject([{ reason: "busy" }]);
	forgetCatalogue(db);
	const again = await ask(route);
	expect(again.hops).toMatchObject([
		{ model: first.name, outcome: "skipped", reason: "resting" },
		{ model: second.name },
	]);
	expect(asked(first)).toBe(1);
	// Where nobody else may be asked, it is tried all the same.
	standIn.when(first.name, { text: "Back again." });
	const alone = await routeOver([first]);
	expect((await ask(alone)).text).toBe("Back again.");
	await until(async () => {
		const rows = await db.orm.select().from(modelCircuits).where(eq(modelCircuits.modelKey, first.id));
		return rows.length === 0;
	});
});

test("once it has begun to speak, another model answers only where all see that the answer begins anew", async () => {
	const [first, second] = [await make("cut", { price: 1_000_000 }), await make("whole")];
	standIn.when(first.name, { fault: "cut", text: "one two three four five six", intervalMs: 1 });
	standIn.when(second.name, { text: "Thirty." });
	const route = await routeOver([first, second]);
	const silent = await ask(route);
	expect(silent.text).toBe("one two three");
	expect(silent.failure).toMatchObject({ name: "ModelFailure", reason: "broken" });
	expect(asked(second)).toBe(0);
	const told: string[] = [];
	const open = await ask(route, { onRestart: (why) => told.push(why) });
	expect(open.text).toBe("Thirty.");
	expect(told).toEqual([`${first.name} broke off (it broke off): another model answers from the beginning.`]);
	// What the first one said was paid as well.
	expect(open.end?.usage.inputTokens).toBe(18);
	expect(open.end?.isEstimated).toBe(true);
	expect(await rowsOf(first)).toMatchObject([
		{ outcome: "failed", isEstimated: true, outputTokens: 4 },
		{ outcome: "failed", isEstimated: true },
	]);
});

const faults = [
	["500", { fault: "500" }, "failed"],
	["429", { fault: "429", retryAfterSeconds: 30 }, "busy"],
	["a slow first token", { text: "late", firstTokenMs: 5_000 }, "slow"],
	["a stall", { fault: "stall", text: "one two three four" }, "silent"],
	["a cut", { fault: "cut", text: "one two three four" }, "broken"],
	["garbage", { fault: "garbage" }, "garbage"],
	["garbage half-way", { fault: "garbage-mid", text: "one two three four" }, "garbage"],
	["an endless stream", { fault: "endless", text: "one two three four", intervalMs: 5 }, "late"],
] as const;
test.each(faults)(
	"%s ends in a clear failure inside the deadline, and is counted once",
	async (_, behaviour, reason) => {
		const model = await make("only", { price: 1_000_000, of: reason });
		standIn.when(model.name, behaviour);
		const route = await routeOver([model], reason === "late" ? 1_000 : 20_000);
		// The connection alone would let it go on for two minutes.
		const { failure, hops } = await ask(route);
		expect(failure).toMatchObject({ name: "ModelFailure", reason });
		expect(String(failure)).not.toMatch(/127\.0\.0\.1|sk-of|stand-in says/i);
		expect(hops).toHaveLength(1);
		expect(await rowsOf(model)).toMatchObject([{ outcome: "failed", reason }]);
	},
);

test.each([
	["negative", { prompt_tokens: -5, completion_tokens: 3 }],
	["words", { prompt_tokens: "many", completion_tokens: "more" }],
	["nothing", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
	["beyond all sense", { prompt_tokens: 9e15, completion_tokens: 1 }],
])("a count that can't be one (%s) is estimated, and says so", async (_, usage) => {
	const model = await make("odd", { price: 1_000_000 });
	standIn.when(model.name, { text: "It is thirty days.", usage });
	const { end } = await ask(await routeOver([model]));
	expect(end).toMatchObject({ usage: { inputTokens: 9, outputTokens: 5 }, isEstimated: true });
	expect(await rowsOf(model)).toMatchObject([{ isEstimated: true, costMicros: 19, currency: "EUR" }]);
});

test("wrong arguments of a tool are handed on as they are: whoever offers the tool checks them", async () => {
	const model = await make("wrong");
	standIn.when(model.name, { text: "", toolCalls: [{ name: "look", arguments: '{"where": 1' }] });
	const { end } = await ask(await routeOver([model]), { tools: [tool] });
	expect(end?.calls).toEqual([{ id: "call_0", name: "look", arguments: '{"where": 1' }]);
});

test("a stream that is cancelled is hung up and counted once", async () => {
	const model = await make("long", { price: 1_000_000 });
	standIn.when(model.name, { fault: "endless", text: "one two three four", intervalMs: 2 });
	const stop = new AbortController();
	const { failure } = await ask(await routeOver([model], 60_000), {
		signal: stop.signal,
		onPiece: () => stop.abort(new Error("stopped")),
	});
	expect(failure).toMatchObject({ message: "stopped" });
	expect(await rowsOf(model)).toMatchObject([
		{ outcome: "cancelled", isEstimated: true, inputTokens: 9, reason: null },
	]);
	await until(() => standIn.seen.findLast(({ body }) => body.model === model.name)?.wasAborted);
	// It tells nothing of the model.
	expect(await db.orm.select().from(modelHealth).where(eq(modelHealth.modelKey, model.id))).toMatchObject([
		{ calls: 0, failures: 0 },
	]);
});

test("each hop is asked for again: what may not be paid, is stopped or can't be checked is not asked", async () => {
	const [cheap, dear] = [await make("cheap", { price: 1_000_000 }), await make("dear", { price: 90_000_000 })];
	standIn.when(cheap.name, { fault: "500" });
	const route = await routeOver([cheap, dear]);
	const seen: unknown[] = [];
	const refused = await ask(route, {
		expectPaid: async ({ model, worstMicros, isFirst }) => {
			seen.push([model.name, worstMicros, isFirst]);
			if (!isFirst) throw new ModelFailure("Too dear.", { reason: "budget" });
		},
	});
	expect(seen).toEqual([
		[cheap.name, 9 + 2 * 4096, true],
		[dear.name, 90 * (9 + 2 * 4096), false],
	]);
	expect(refused.failure).toMatchObject({
		message: `No model of this route answered: ${cheap.name} (500), ${dear.name} (over budget). Too dear.`,
	});
	const stopped = await ask(route, {
		expectGoing: ({ name }) => {
			if (name === dear.name) throw new ModelFailure("Stopped.", { reason: "stopped" });
		},
	});
	expect(stopped.hops.at(-1)).toMatchObject({ model: dear.name, outcome: "skipped", reason: "stopped" });
	const unknown = new Error("the database is away");
	await expect(
		ask(route, { expectPaid: () => Promise.reject(unknown) }).then(({ failure }) => Promise.reject(failure)),
	).rejects.toBe(unknown);
	expect(asked(dear)).toBe(0);
	expect(await rowsOf(dear)).toEqual([]);
});

test("what is turned off is not asked any more, and what is changed counts for the next call", async () => {
	const [first, second] = [await make("off"), await make("short", { contextTokens: 4_100 })];
	const route = await routeOver([first, second]);
	await changeModel(admin, { modelId: first.id, isEnabled: false });
	const { failure, hops } = await ask(route);
	expect(failure).toMatchObject({ name: "ModelFailure" });
	expect(hops).toMatchObject([
		{ model: first.name, reason: "off" },
		{ model: second.name, reason: "context" },
	]);
	await changeModel(admin, { modelId: second.id, contextTokens: 100_000 });
	standIn.when(second.name, { text: "Thirty." });
	expect((await ask(route)).text).toBe("Thirty.");
});

test("a catalogue that can't be read lets nothing be asked", async () => {
	const model = await make("unread");
	const route = await routeOver([model]);
	forgetCatalogue(db);
	const broken = Object.create(db, {
		orm: { value: { execute: () => Promise.reject(new Error("away")) } },
	}) as Database;
	await expect(catalogueNow(broken)).rejects.toThrow("away");
	const parts = partsOf({ db: broken, onProblem: () => {} });
	expect((await ask(route, { parts })).failure).toMatchObject({ message: "away" });
	expect(asked(model)).toBe(0);
});

test("failures count together, whichever process saw them, and an answer makes them forgotten", async () => {
	const model = await make("shared");
	const route = await routeOver([model]);
	const processes = [partsOf({ db, onProblem: () => {} }), partsOf({ db, onProblem: () => {} })];
	standIn.when(model.name, { fault: "400" });
	const row = async () => (await db.orm.select().from(modelCircuits).where(eq(modelCircuits.modelKey, model.id)))[0];
	// What tells of the question tells nothing of the model.
	await ask(route);
	expect(await row()).toBeUndefined();
	standIn.when(model.name, { fault: "garbage" });
	for (let times = 1; times <= 4; times += 1) {
		await ask(route, { parts: processes[times % 2] });
		await until(async () => (await row())?.failures === times);
	}
	expect(asked(model)).toBe(5);
	// Nobody rests yet, and the next one is enough for all.
	await ask(route, { parts: processes[1] });
	await until(async () => ((await row())?.openUntil.getTime() ?? 0) > Date.now());
	forgetCatalogue(db);
	const second = await make("other");
	standIn.when(second.name, { text: "Thirty." });
	const both = await routeOver([model, second]);
	expect((await ask(both, { parts: processes[0] })).hops[0]).toMatchObject({ outcome: "skipped", reason: "resting" });
	standIn.when(model.name, { text: "Back again." });
	expect((await ask(route, { parts: processes[0] })).text).toBe("Back again.");
	await until(async () => (await row()) === undefined);
});
