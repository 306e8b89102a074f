import { and, count, eq, sql } from "drizzle-orm";
import superjson from "superjson";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { apiKeys, auditEntries, chunks, documents, runEvents, runs, sessions, users } from "@/db/schema";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { signOut } from "@/server/auth/service";
import { type ApiKeyActor, causeOf } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import { inngest } from "@/server/jobs/client";
import { createKey, findKeyActors, revokeAnyKey } from "@/server/keys/service";
import { knowledgeJobs } from "@/server/knowledge/jobs";
import { startRun } from "@/server/runs/service";
import { endOtherSessions, endSessionOf, endSessionsOf } from "@/server/sessions/service";
import { setUserDisabled, setUserRole } from "@/server/users/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, testExecutor } from "@/tests/support/agents";
import { type Door, openDoor } from "@/tests/support/door";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { askRevocation, bearer, signInProgram, testAccount } from "@/tests/support/programs";
import { type Provider, startProvider } from "@/tests/support/provider";
import { cookieOf } from "@/tests/support/session";

// T16 and T4: what somebody does to an account, a session, a token or a key takes effect on all that it had begun.

const longest = 5_000;
let base: { db: Database; checkpoints: Checkpoints };
let db: Database;
let provider: Provider;
let admin: ServiceContext;
let url: string;
let door: Door;
beforeAll(async () => {
	base = await agentsDatabase();
	db = base.db;
	useDatabase(db);
	provider = await startProvider();
	admin = await testContext(db, { role: "owner", name: "Ada" });
	door = await openDoor();
	url = door.url;
});
afterAll(async () => {
	door?.close();
	await provider.stop();
});

type Person = { ctx: ServiceContext; userId: string; sessionId: string; keyId: string; key: string };

/** Somebody in a session of theirs, with a key besides. */
async function person(): Promise<Person> {
	const ctx = await testContext(db, { role: "staff" });
	if (ctx.actor.kind !== "user") throw new Error("not a person");
	const { userId } = ctx.actor;
	const values = { userId, expiresAt: new Date(Date.now() + 600_000) };
	const [session] = await db.orm.insert(sessions).values(values).returning({ id: sessions.id });
	const sessionId = session?.id ?? "";
	const own = { ...ctx, actor: { ...ctx.actor, sessionId } };
	const { key, secret } = await createKey(own, {
		name: "Nightly",
		scopes: ["runs:read", "runs:write", "knowledge:read", "knowledge:write"],
		expiresInDays: null,
		addresses: [],
		tokensPerDay: null,
		callsPerMinute: null,
	});
	return { ctx: own, userId, sessionId, keyId: key.id, key: secret };
}

async function asKey({ ctx, keyId }: Person): Promise<ServiceContext> {
	const actor = (await findKeyActors(db, [keyId])).get(keyId) as ApiKeyActor;
	return { ...ctx, actor };
}

const disable = ({ userId }: Person) => setUserDisabled(admin, { userId, isDisabled: true });
const demote = ({ userId }: Person) => setUserRole(admin, { userId, role: "auditor" });
const endAll = ({ userId }: Person) => endSessionsOf(admin, { userId });
const endOne = ({ userId, sessionId }: Person) => endSessionOf(admin, { userId, sessionId });
/** From another browser of theirs. */
const endOthers = async ({ ctx }: Person) => {
	if (ctx.actor.kind !== "user") throw new Error("not a person");
	return endOtherSessions({ ...ctx, actor: { ...ctx.actor, sessionId: "00000000-0000-4000-8000-000000000000" } });
};
const revokeIt = ({ keyId }: Person) => revokeAnyKey(admin, { keyId });
const runOut = ({ keyId }: Person) =>
	db.orm.update(apiKeys).set({ expiresAt: sql`now()` }).where(eq(apiKeys.id, keyId));

const bySession: [string, (who: Person) => Promise<unknown>, string][] = [
	["the account is disabled", disable, "account"],
	["the person may not run agents any more", demote, "may not run agents"],
	["the session is ended by an administrator", endOne, "session"],
	["all sessions are ended by an administrator", endAll, "session"],
	["the session is ended from another one", endOthers, "session"],
];
const byKey: [string, (who: Person) => Promise<unknown>, string][] = [
	["the owner is disabled", disable, "account"],
	["the owner may not run agents any more", demote, "may not run agents"],
	["the key is revoked", revokeIt, "key"],
	["the key runs out", runOut, "key"],
];

const stateOf = async (runId: string) => (await db.orm.select().from(runs).where(eq(runs.id, runId)))[0];
const endsOf = async (runId: string) =>
	db.orm.$count(runEvents, and(eq(runEvents.runId, runId), eq(runEvents.type, "run.ended")));

/** A run that is in the middle of its answer. */
async function running(ctx: ServiceContext): Promise<string> {
	provider.next({ tokens: 5_000, intervalMs: 5 });
	const { runId } = await startRun(ctx, { question: "How many days of leave are there?" });
	await until(async () => ((await stateOf(runId))?.lastSeq ?? 0) > 3);
	return runId;
}

async function endsCancelled(runId: string, since: number, why: string) {
	await until(async () => (await stateOf(runId))?.endedAt ?? null, longest);
	expect(performance.now() - since).toBeLessThan(longest);
	expect(await stateOf(runId)).toMatchObject({ state: "cancelled", reason: expect.stringContaining(why) });
	await until(() => provider.seen.at(-1)?.wasAborted, 2_000);
	expect(await endsOf(runId)).toBe(1);
}

describe("a running agent stops within 5 s, once, when", () => {
	test.each(bySession)("%s", async (_, act, why) => {
		const executor = await testExecutor(base, provider);
		const who = await person();
		const runId = await running(who.ctx);
		const since = performance.now();
		await act(who);
		await endsCancelled(runId, since, why);
		await executor.stop();
	});

	test.each(byKey)("a key began it and %s", async (_, act, why) => {
		const executor = await testExecutor(base, provider);
		const who = await person();
		const runId = await running(await asKey(who));
		const [row] = await db.orm.select().from(auditEntries).where(eq(auditEntries.runId, runId));
		expect(row?.actorKind).toBe("apiKey");
		const since = performance.now();
		await act(who);
		await endsCancelled(runId, since, why);
		await executor.stop();
	});

	test("the account is deleted: nothing of it is left", async () => {
		const executor = await testExecutor(base, provider);
		const who = await person();
		const runId = await running(who.ctx);
		await db.orm.execute(sql`delete from users where id = ${who.userId}`);
		await until(() => provider.seen.at(-1)?.wasAborted, longest);
		expect(await stateOf(runId)).toBeUndefined();
		await executor.stop();
	});
});

describe("a running agent goes on when", () => {
	test.each<[string, (who: Person) => Promise<unknown>]>([
		["its session signs out by itself", ({ ctx, sessionId }) => signOut(ctx, sessionId)],
		[
			"its session has run out",
			({ sessionId }) => db.orm.update(sessions).set({ expiresAt: sql`now()` }).where(eq(sessions.id, sessionId)),
		],
		["a key of the person is revoked that did not begin it", revokeIt],
	])("%s", async (_, act) => {
		const executor = await testExecutor(base, provider);
		const who = await person();
		provider.next({ tokens: 600, intervalMs: 5 });
		const { runId } = await startRun(who.ctx, { question: "How many days of leave are there?" });
		await until(async () => ((await stateOf(runId))?.lastSeq ?? 0) > 3);
		await act(who);
		await until(async () => (await stateOf(runId))?.endedAt ?? null, 20_000);
		expect(await stateOf(runId)).toMatchObject({ state: "succeeded" });
		await executor.stop();
	});
});

describe("what waits is not begun when", () => {
	test.each(bySession)("%s: a queued run asks no model", async (_, act, why) => {
		const who = await person();
		const { runId } = await startRun(who.ctx, { question: "How many days of leave are there?" });
		await act(who);
		const asked = provider.seen.length;
		const executor = await testExecutor(base, provider);
		await until(async () => (await stateOf(runId))?.endedAt ?? null);
		expect(await stateOf(runId)).toMatchObject({ state: "cancelled", reason: expect.stringContaining(why) });
		expect([provider.seen.length - asked, await endsOf(runId)]).toEqual([0, 1]);
		await executor.stop();
	});

	describe("a document is queued", () => {
		beforeEach(() => emptyJobs(db));
		const cases = [
			...bySession.map(([name, act]) => [name, act, (who: Person) => Promise.resolve(who.ctx)] as const),
			...byKey.map(([name, act]) => [`by a key, and ${name}`, act, asKey] as const),
		];
		test.each(cases)("%s: it is not read, and says why", async (_, act, as) => {
			const who = await person();
			const collection = await makeCollection(who.ctx);
			const { id } = await bringDocument(await as(who), collection, "leave.md", "# Leave\n\nAll staff get 25 days.");
			await act(who);
			await testEngine(db, inngest, [...knowledgeJobs]);
			const row = await until(async () => {
				const [one] = await db.orm.select().from(documents).where(eq(documents.id, id));
				return one?.state === "failed" || one?.state === "ready" ? one : null;
			}, 20_000);
			expect(row).toMatchObject({ state: "failed", reason: expect.stringMatching(/^It was not read: /) });
			const [{ n } = { n: -1 }] = await db.orm.select({ n: count() }).from(chunks).where(eq(chunks.documentId, id));
			expect(n).toBe(0);
		});
	});

	test("nothing happened: a document that a key brought is read", async () => {
		await emptyJobs(db);
		const who = await person();
		const ctx = await asKey(who);
		expect(causeOf(ctx.actor)).toMatchObject({ keyId: who.keyId, sessionId: null });
		const { id } = await bringDocument(
			ctx,
			await makeCollection(who.ctx),
			"leave.md",
			"# Leave\n\nAll staff get 25 days.",
		);
		await testEngine(db, inngest, [...knowledgeJobs]);
		await until(
			async () => (await db.orm.select().from(documents).where(eq(documents.id, id)))[0]?.state === "ready",
			60_000,
		);
	}, 90_000);
});

describe("an open stream closes within 5 s when", () => {
	/** Follows an open run over our own door until the stream ends; answers with what it said last. */
	async function follow(runId: string, headers: Record<string, string>) {
		const input = encodeURIComponent(superjson.stringify({ runId }));
		const answer = await fetch(`${url}/api/trpc/runs.events?input=${input}`, { headers });
		expect(answer.status).toBe(200);
		const text = answer.text();
		return { ended: text };
	}

	const openRun = async (ctx: ServiceContext) =>
		(await startRun(ctx, { question: "How many days of leave are there?" })).runId;

	test.each(bySession)("%s, by cookie", async (_, act) => {
		const who = await person();
		const actor = who.ctx.actor.kind === "user" ? who.ctx.actor : null;
		if (!actor) throw new Error("not a person");
		const cookie = await cookieOf(db, actor);
		// The cookie's own session is the newest of the person.
		const [newest] = await db.orm
			.select({ id: sessions.id })
			.from(sessions)
			.where(eq(sessions.userId, who.userId))
			.orderBy(sql`created_at desc`)
			.limit(1);
		const { ended } = await follow(await openRun(who.ctx), { cookie });
		const since = performance.now();
		await act({ ...who, sessionId: newest?.id ?? "" });
		expect(await ended).toMatch(/UNAUTHORIZED|FORBIDDEN/);
		expect(performance.now() - since).toBeLessThan(longest);
	});

	test.each(byKey)("%s, by key", async (_, act) => {
		const who = await person();
		const { ended } = await follow(await openRun(who.ctx), { "x-api-key": who.key });
		const since = performance.now();
		await act(who);
		expect(await ended).toMatch(/UNAUTHORIZED|FORBIDDEN/);
		expect(performance.now() - since).toBeLessThan(longest);
	});

	test.each(["revoked by its program", "ended with all others"])("its access token's session is %s", async (how) => {
		const account = await testAccount(db);
		const { access_token } = await signInProgram(account);
		const ctx = await testContext(db, account.user);
		const { ended } = await follow(await openRun(ctx), bearer(access_token));
		const since = performance.now();
		if (how === "ended with all others") await endOtherSessions(ctx);
		else await askRevocation(access_token);
		expect(await ended).toMatch(/UNAUTHORIZED/);
		expect(performance.now() - since).toBeLessThan(longest);
		expect(await db.orm.$count(users, eq(users.id, account.user.userId))).toBe(1);
	});

	test("somebody else's run opens for nobody", async () => {
		const [one, other] = [await person(), await person()];
		const input = encodeURIComponent(superjson.stringify({ runId: await openRun(one.ctx) }));
		const answer = await fetch(`${url}/api/trpc/runs.events?input=${input}`, { headers: { "x-api-key": other.key } });
		expect(await answer.text()).toMatch(/NOT_FOUND/);
	});
});
