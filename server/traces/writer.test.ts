import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { Database } from "@/db/connection";
import { spans } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import { endSpan, inSpan, noteSpan, type Scope, spanIdOf, within } from "@/server/core/spans";
import { jobContext } from "@/server/jobs/context";
import { testContext, testDatabase, urlOf } from "@/tests/support";
import { cuttable } from "@/tests/support/cuttable";
import { makeTrace } from "@/tests/support/traces";
import { until } from "@/tests/support/until";
import { dropDays, dropStrays, eraseTraces, makeDays, setPolicy } from "./service";
import { isInSample, Sampling } from "./service/sampling";
import { openSpanWriter, type SpanWriter } from "./writer";

let db: Database;
let userId: string;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	const { actor } = await testContext(db);
	userId = actor.kind === "user" ? actor.userId : "";
});

function rootOf(sink: SpanWriter, traceId: string = randomUUID()): Scope {
	const epoch = Date.now() - performance.now();
	const day = new Date().toISOString().slice(0, 10);
	return {
		...{ trace: { day, traceId, userId, sink, epoch, sources: new Set<string>() }, id: spanIdOf(traceId, "root") },
		...{ startedAt: performance.now(), parent: null },
	};
}
const written = (traceId: string) => db.orm.select().from(spans).where(eq(spans.traceId, traceId));

test("what is done again after a crash is written once; what is done anew is another span", async () => {
	const writer = openSpanWriter(db);
	const root = rootOf(writer);
	const step = () => inSpan({ kind: "node", name: "A step", key: "step 0" }, async () => noteSpan(call, 0));
	const call = { kind: "model", name: "a-model" } as const;
	await within(root, step);
	await writer.settled();
	// Another process goes on with the same trace.
	await within({ ...root, startedAt: performance.now() }, step);
	endSpan(root, "run", { name: "assistant" });
	endSpan(root, "run", { name: "assistant" });
	await writer.settled();
	const kinds = (await written(root.trace.traceId)).map(({ kind }) => kind);
	expect(kinds.toSorted()).toEqual(["model", "model", "node", "run"]);
});

test("a failure is told by its code alone", async () => {
	const writer = openSpanWriter(db);
	const root = rootOf(writer);
	const fail = () => inSpan({ kind: "tool", name: "users.get" }, () => Promise.reject(new Error("secret words")));
	await expect(within(root, fail)).rejects.toThrow("secret words");
	await writer.settled();
	const [found] = await written(root.trace.traceId);
	expect(found).toMatchObject({ status: "failed", errorCode: "Error" });
	expect(JSON.stringify(found)).not.toContain("secret");
});

test("where nothing is traced, things are simply done", async () => {
	expect(await inSpan({ kind: "node", name: "A step" }, async () => 7)).toBe(7);
	expect(() => noteSpan({ kind: "node", name: "A step" }, 0)).not.toThrow();
});

test("a database that is away is waited for, and nobody waits with it", async () => {
	const way = await cuttable(urlOf(db));
	const far = new Database({ url: way.url, pool: 2 });
	try {
		const writer = openSpanWriter(far);
		const root = rootOf(writer);
		way.cut();
		await within(root, () => inSpan({ kind: "node", name: "A step" }, async () => {}));
		expect(await written(root.trace.traceId)).toEqual([]);
		way.mend();
		await until(async () => (await written(root.trace.traceId)).length === 1);
		await writer.settled();
	} finally {
		await far.close();
		await way.stop();
	}
}, 30_000);

test("no more wait than there is room for", async () => {
	const away = Object.create(db, { orm: { value: { select: refuse, execute: refuse } } }) as Database;
	const writer = openSpanWriter(away);
	const root = rootOf(writer);
	for (let n = 0; n < 25_000; n++) noteSpan({ kind: "node", name: "A step" }, 0, {}, root);
	await until(() => writer.waiting() === 20_000);
	expect(writer.dropped()).toBe(5_000);
});
const refuse = () => {
	throw Object.assign(new Error("away"), { code: "57P01" });
};

test("of a trace that is left out nothing is kept, unless something in it failed", () => {
	const sampling = new Sampling();
	const traceId = randomUUID();
	const at = { day: "2026-11-26", startedAt: 0, ms: 1, name: "x" };
	const span = (status: "ok" | "failed", parentId: string | null, of = traceId) => ({
		parent: null,
		row: { ...at, traceId: of, id: randomUUID(), status, parentId, kind: "node" as const },
	});
	expect(sampling.pass(span("ok", "r"), 0)).toEqual([]);
	expect(sampling.pass(span("ok", "r"), 0)).toEqual([]);
	expect(sampling.pass(span("failed", "r"), 0)).toHaveLength(3);
	expect(sampling.pass(span("ok", null), 0)).toHaveLength(1);
	const other = randomUUID();
	expect(sampling.pass(span("ok", "r", other), 0)).toEqual([]);
	expect(sampling.pass(span("ok", null, other), 0)).toEqual([]);
	expect(sampling.pass(span("ok", "r", other), 0)).toEqual([]);
	const ids = Array.from({ length: 4_000 }, () => randomUUID());
	const share = ids.filter((id) => isInSample(id, 25)).length / ids.length;
	expect(share).toBeGreaterThan(0.2);
	expect(share).toBeLessThan(0.3);
});

test("whole days go when they have served their time, and say so in the audit", async () => {
	const admin = await testContext(db, { role: "admin" });
	const old = await makeTrace(db, { userId, spans: 5, startedAt: new Date(Date.now() - 9 * 86_400_000) });
	const young = await makeTrace(db, { userId, spans: 5 });
	await setPolicy(admin, { samplePercent: 100, keepsContent: false, retentionDays: 7, revision: 0 });
	const dropped = await dropDays(jobContextOf());
	expect(dropped).toEqual([new Date(Date.now() - 9 * 86_400_000).toISOString().slice(0, 10)]);
	expect(await written(old)).toEqual([]);
	expect(await written(young)).toHaveLength(5);
	const audited = await db.orm.execute(sql`select from audit_pending where action = 'traces.drop'
		union all select from audit_log where action = 'traces.drop'`);
	expect(audited).toHaveLength(1);
	expect(await dropDays(jobContextOf())).toEqual([]);
});

test("days are made ahead, and again without harm", async () => {
	await makeDays(jobContextOf());
	await makeDays(jobContextOf());
	const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10).replaceAll("-", "_");
	const [found] = await db.orm.execute(sql`select to_regclass(${`spans_${tomorrow}`}) is not null as there`);
	expect(found).toEqual({ there: true });
});

test("spans of a run that is gone are not written, and strays are swept", async () => {
	const traceId = await makeTrace(db, { userId, runId: randomUUID(), spans: 4 });
	expect(await written(traceId)).toEqual([]);
	const stray = await makeTrace(db, { userId, spans: 4 });
	await db.orm.update(spans).set({ runId: randomUUID() }).where(eq(spans.traceId, stray));
	expect(await dropStrays(jobContextOf())).toBe(4);
});

test("erasing a person takes what is left of their traces", async () => {
	const { actor } = await testContext(db);
	const other = actor.kind === "user" ? actor.userId : "";
	const theirs = await makeTrace(db, { userId: other, spans: 4 });
	expect(await eraseTraces(jobContextOf(), other)).toBe(1);
	expect(await eraseTraces(jobContextOf(), other)).toBe(0);
	expect(await written(theirs)).toEqual([]);
});

const jobContextOf = () => jobContext("trace-days", randomUUID());
