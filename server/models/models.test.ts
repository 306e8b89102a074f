import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending, modelCalls, modelConnections } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { testContext, testDatabase } from "@/tests/support";
import { type Provider as StandIn, startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";
import { writeCalls } from "./call-log";
import { forgetCatalogue } from "./catalogue";
import { AddConnection, AddModel, AddRoute } from "./contract";
import { environmentModel } from "./index";
import {
	addConnection,
	addModel,
	addPrice,
	addRoute,
	callsOfRun,
	changeConnection,
	changeRoute,
	fixedModels,
	getConnection,
	getRoute,
	listConnections,
	modelsToProbe,
	probeModel,
	readHealth,
	removeConnection,
	removeModel,
	removePrice,
	removeRoute,
	testModel,
} from "./service";

let db: Database;
let admin: ServiceContext;
let standIn: StandIn;
let n = 0;

beforeAll(async () => {
	db = await testDatabase();
	standIn = await startProvider();
	env().QD_PRIVATE_NETWORKS = "allowed";
	admin = { ...(await testContext(db, { role: "admin" })), via: "console" };
});
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await standIn.stop();
});

const key = "canaryofaconnection";
const connect = (more: Partial<AddConnection> = {}) =>
	addConnection(
		admin,
		AddConnection.parse({ name: `Provider ${++n}`, kind: "openai", address: standIn.url, key, ...more }),
	);
const withModel = async (more: Partial<AddConnection> = {}) => {
	const { id: connectionId } = await connect(more);
	const model = await addModel(admin, AddModel.parse({ connectionId, name: `model-${++n}`, contextTokens: 32_000 }));
	return { connectionId, model };
};
const route = (modelIds: string[], more: Partial<AddRoute> = {}) =>
	addRoute(admin, AddRoute.parse({ name: `route-${++n}`, steps: modelIds.map((modelId) => ({ modelId })), ...more }));

test("a key is used and told to nobody: not in an answer, a row, the audit or an error", async () => {
	const { connectionId, model } = await withModel();
	const tested = await testModel(admin, { modelKey: model.id });
	expect(tested).toMatchObject({ isWell: true, reason: null });
	expect(standIn.seen.at(-1)).toMatchObject({ authorization: `Bearer ${key}` });
	standIn.next({ fault: "401" });
	const refused = await testModel(admin, { modelKey: model.id });
	expect(refused).toMatchObject({ isWell: false, reason: "key", status: 401 });
	const detail = await getConnection(admin, { connectionId });
	expect(detail).toMatchObject({ hasKey: true });
	const said = [detail, tested, refused, await listConnections(admin, { limit: 50 }), await fixedModels(admin)];
	const kept = [
		await db.orm.select().from(auditPending),
		await db.orm.select().from(modelConnections),
		await db.orm.select().from(modelCalls),
	];
	expect(JSON.stringify([said, kept])).not.toContain(key);
	expect(JSON.stringify(said)).not.toMatch(/sealed/i);
});

test("another address does not get the key of the one before (T9)", async () => {
	const seen: (string | undefined)[] = [];
	const capture = createServer((request, response) => {
		seen.push(request.headers.authorization);
		response.writeHead(500).end();
	});
	await new Promise<void>((resolve) => capture.listen(0, "127.0.0.1", resolve));
	const address = `http://127.0.0.1:${(capture.address() as AddressInfo).port}/v1`;
	const { connectionId, model } = await withModel();
	try {
		const changed = await changeConnection(admin, { connectionId, address });
		expect(changed).toMatchObject({ hasKey: false, address });
		await testModel(admin, { modelKey: model.id });
		expect(seen.length).toBeGreaterThan(0);
		expect(seen.join()).not.toContain(key);
		// Back where it was, it has none either.
		expect(await changeConnection(admin, { connectionId, address: standIn.url })).toMatchObject({ hasKey: false });
		await changeConnection(admin, { connectionId, key });
		await testModel(admin, { modelKey: model.id });
		expect(standIn.seen.at(-1)?.authorization).toBe(`Bearer ${key}`);
		// A sealed key of another row can't be used there.
		const { connectionId: other, model: theirs } = await withModel();
		await db.orm.execute(sql`update model_connections set sealed_key =
			(select sealed_key from model_connections where id = ${connectionId}) where id = ${other}`);
		await changeConnection(admin, { connectionId: other, concurrency: 3 });
		expect(await testModel(admin, { modelKey: theirs.id })).toMatchObject({ isWell: false, reason: "key" });
	} finally {
		capture.closeAllConnections();
		capture.close();
	}
});

test("an address is checked when it is entered, and again when it is called", async () => {
	await expect(connect({ address: `http://127.0.0.1:${env().PORT}/v1` })).rejects.toMatchObject({
		code: "INVALID_INPUT",
	});
	await expect(connect({ address: "http://models.example.test/v1" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	const { model } = await withModel();
	const before = standIn.seen.length;
	env().QD_PRIVATE_NETWORKS = "refused";
	try {
		await expect(connect()).rejects.toMatchObject({ code: "INVALID_INPUT" });
		// Another connection's client was made while it was allowed: each has its own.
		await db.orm.update(modelConnections).set({ concurrency: 7 });
		forgetCatalogue(db);
		expect((await testModel(admin, { modelKey: model.id })).reason).toBe("unreachable");
		expect(standIn.seen.length).toBe(before);
	} finally {
		env().QD_PRIVATE_NETWORKS = "allowed";
	}
});

test("a connection is kept for the next call", async () => {
	for (const kind of ["openai", "anthropic"] as const) {
		const { id: connectionId } = await connect({ kind, concurrency: 2 });
		const { id } = await addModel(
			admin,
			AddModel.parse({ connectionId, name: `kept by ${kind}`, contextTokens: 8_000 }),
		);
		const before = standIn.connections();
		for (let call = 0; call < 5; call += 1)
			expect(await testModel(admin, { modelKey: id })).toMatchObject({ isWell: true });
		expect(standIn.connections() - before, kind).toBe(1);
	}
});

test("what somebody else changed meanwhile is not overwritten, and names are there once", async () => {
	const one = await connect();
	await changeConnection(admin, { connectionId: one.id, isEnabled: false, basedOn: one.revision });
	await expect(
		changeConnection(admin, { connectionId: one.id, isEnabled: true, basedOn: one.revision }),
	).rejects.toMatchObject({ code: "CHANGED" });
	await expect(connect({ name: one.name })).rejects.toMatchObject({ code: "CONFLICT" });
	const { connectionId, model } = await withModel();
	const again = AddModel.parse({ connectionId, name: model.name, contextTokens: 1_000 });
	await expect(addModel(admin, again)).rejects.toMatchObject({ code: "CONFLICT" });
});

test("the price of its day counts, in one currency for all", async () => {
	const { model } = await withModel();
	const price = {
		modelId: model.id,
		currency: "EUR",
		inputMicros: 2_000_000,
		outputMicros: 4_000_000,
		cachedMicros: null,
	};
	await addPrice(admin, { ...price, validFrom: "2020-01-01T00:00:00Z" });
	await addPrice(admin, { ...price, inputMicros: 9_000_000, validFrom: "2999-01-01T00:00:00Z" });
	standIn.next({ text: "Fine.", usage: { prompt_tokens: 10, completion_tokens: 5 } });
	expect(await testModel(admin, { modelKey: model.id })).toMatchObject({ costMicros: 40 });
	const now = await addPrice(admin, { ...price, inputMicros: 3_000_000 });
	standIn.next({ text: "Fine.", usage: { prompt_tokens: 10, completion_tokens: 5 } });
	expect(await testModel(admin, { modelKey: model.id })).toMatchObject({ costMicros: 50 });
	await expect(addPrice(admin, { ...price, currency: "USD" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(addPrice(admin, { ...price, validFrom: "2020-01-01T00:00:00Z" })).rejects.toMatchObject({
		code: "CONFLICT",
	});
	for (const { id: priceId } of now.prices) await removePrice(admin, { priceId });
	standIn.next({ text: "Fine." });
	expect(await testModel(admin, { modelKey: model.id })).toMatchObject({ costMicros: null });
	// What was written down keeps what it cost then.
	const rows = await db.orm.select().from(modelCalls).where(eq(modelCalls.modelKey, model.id));
	expect(rows.map(({ costMicros }) => costMicros).toSorted()).toEqual([40, 50, null].toSorted());
});

test("there is one default route, whoever makes them at once; one that is asked can't be taken away", async () => {
	const { connectionId, model } = await withModel();
	const made = await Promise.all([1, 2, 3].map(() => route([model.id], { isDefault: true })));
	const now = await Promise.all(made.map(({ id: routeId }) => getRoute(admin, { routeId })));
	expect(now.filter(({ isDefault }) => isDefault)).toHaveLength(1);
	const chosen = now.find(({ isDefault }) => isDefault);
	expect((await fixedModels(admin)).defaultRoute).toBe(chosen?.name);
	await expect(removeModel(admin, { modelId: model.id })).rejects.toMatchObject({ code: "CONFLICT" });
	await expect(removeConnection(admin, { connectionId })).rejects.toMatchObject({ code: "CONFLICT" });
	const [first] = now;
	if (!first) throw new Error("no route");
	const agent = { description: "", promptVersionId: null, collectionIds: null, access: "private" } as const;
	await createAgent(admin, { ...agent, name: `Agent ${++n}`, model: first.name });
	await expect(createAgent(admin, { ...agent, name: `Agent ${++n}`, model: "no-such" })).rejects.toMatchObject({
		code: "INVALID_INPUT",
	});
	await expect(removeRoute(admin, { routeId: first.id })).rejects.toMatchObject({ code: "CONFLICT" });
	for (const { id: routeId } of now.slice(1)) await removeRoute(admin, { routeId });
	await changeRoute(admin, { routeId: first.id, steps: [], isDefault: false });
	expect(await removeModel(admin, { modelId: model.id })).toEqual({ deleted: true });
	expect(await removeConnection(admin, { connectionId })).toEqual({ deleted: true });
	const twice = [model.id, model.id];
	await expect(route(twice)).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(route([model.id])).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a call is written down once, however often it is told, and the health of five minutes follows", async () => {
	const { model } = await withModel();
	const base = { modelKey: model.id, model: model.name, connection: "C", inputTokens: 5, outputTokens: 1, ms: 100 };
	const createdAt = new Date();
	const rows = [
		{ ...base, id: crypto.randomUUID(), createdAt, outcome: "answered" as const, firstTokenMs: 40 },
		{ ...base, id: crypto.randomUUID(), createdAt, outcome: "failed" as const, reason: "failed" },
	];
	await writeCalls(db, rows);
	await writeCalls(db, rows);
	const health = await readHealth(admin, { modelKey: model.id });
	expect(health).toMatchObject({ calls: 2, failures: 1, points: [{ firstTokenMs: 40, ms: 100 }] });
});

test("models that a route asks and nobody else does are tried, one call each", async () => {
	const { model } = await withModel();
	const { model: alone } = await withModel();
	const { model: unwanted } = await withModel({ isProbed: false });
	await route([model.id, unwanted.id]);
	expect(await modelsToProbe(db)).toContain(model.id);
	expect(await modelsToProbe(db)).not.toContain(alone.id);
	expect(await modelsToProbe(db)).not.toContain(unwanted.id);
	await probeModel(db, model.id);
	expect(await modelsToProbe(db)).not.toContain(model.id);
	expect(await db.orm.select().from(modelCalls).where(eq(modelCalls.modelKey, model.id))).toMatchObject([
		{ userId: null, outcome: "answered" },
	]);
});

test("what models took is for whoever asked", async () => {
	await expect(callsOfRun(admin, { runId: crypto.randomUUID() })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("what the environment sets is there without a row, answers where no route is the default, and is counted", async () => {
	const before = { QD_MODEL_URL: env().QD_MODEL_URL, QD_MODEL: env().QD_MODEL, QD_MODEL_KEY: env().QD_MODEL_KEY };
	Object.assign(env(), { QD_MODEL_URL: `${standIn.url}?${key}`, QD_MODEL: "house-model", QD_MODEL_KEY: key });
	try {
		const fixed = await fixedModels(admin);
		expect(fixed).toMatchObject({
			environment: { address: standIn.url, hasKey: true, models: [{ key: "env:house-model", name: "house-model" }] },
			defaultRoute: "house-model",
		});
		expect(JSON.stringify(fixed)).not.toContain(key);
		Object.assign(env(), { QD_MODEL_URL: standIn.url });
		forgetCatalogue(db);
		const model = await environmentModel(admin);
		const pieces = model?.answer([{ role: "user", content: "Hello?" }], new AbortController().signal);
		for (let piece = await pieces?.next(); piece && !piece.done; piece = await pieces?.next());
		const isOurs = eq(modelCalls.modelKey, "env:house-model");
		await until(async () => (await db.orm.select().from(modelCalls).where(isOurs)).length === 1);
		await expect(route([], { name: "house-model" })).rejects.toMatchObject({ code: "CONFLICT" });
	} finally {
		Object.assign(env(), before);
	}
	expect(await environmentModel(admin)).toBeNull();
});
