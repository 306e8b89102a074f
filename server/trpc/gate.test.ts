import { createHash, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import superjson from "superjson";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { auditEntries, factorPolicies, idempotencyKeys, sessions, totpFactors } from "@/db/schema";
import { findSessionActor } from "@/server/auth/service";
import type { Actor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { AppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import type { Permission } from "@/server/core/permissions";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { createCallerFactory, type RequestContext, router } from "./init";
import { openProcedure, procedure } from "./procedure";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

let effects = 0;
const sample = router({
	read: procedure("knowledge:read", { risk: "read" })
		.input(z.strictObject({ n: z.int().max(10) }))
		.output(z.object({ n: z.int() }))
		.query(async ({ input }) => ({ n: input.n, secret: "stays here" })),
	echo: procedure("knowledge:read", { risk: "read" })
		.input(z.strictObject({ text: z.string().max(100), more: z.unknown().optional() }))
		.output(z.object({ text: z.string() }))
		.query(async ({ input }) => ({ text: input.text })),
	write: procedure("knowledge:write", { risk: "write" })
		.input(z.strictObject({ n: z.int() }))
		.output(z.object({ n: z.int() }))
		.mutation(async ({ input }) => {
			effects += 1;
			return { n: input.n };
		}),
	open: openProcedure("A test's stranger.", { risk: "write" })
		.input(z.strictObject({ n: z.int() }))
		.output(z.object({ n: z.int() }))
		.mutation(async ({ input }) => {
			effects += 1;
			return { n: input.n };
		}),
	danger: procedure("knowledge:write", { risk: "danger" })
		.input(z.strictObject({}))
		.output(z.object({}))
		.mutation(async () => ({})),
	account: procedure("account:read", { risk: "read" })
		.input(z.strictObject({}))
		.output(z.object({}))
		.query(async () => ({})),
	enrol: procedure("account:write", { risk: "write", beforeFactor: true })
		.input(z.strictObject({}))
		.output(z.object({}))
		.mutation(async () => ({})),
	fail: procedure("knowledge:read", { risk: "read" })
		.input(z.strictObject({}))
		.output(z.object({}))
		.query(async () => {
			throw new Error("password=hunter2");
		}),
	broken: procedure("knowledge:read", { risk: "read" })
		.input(z.strictObject({ as: z.enum(["answer", "row"]) }))
		.output(z.object({ n: z.int() }))
		.query(async ({ input }) =>
			input.as === "row" ? z.object({ n: z.int() }).parse({ n: "seven of hearts" }) : { n: "seven of hearts" as never },
		),
	missing: procedure("knowledge:read", { risk: "read" })
		.input(z.strictObject({}))
		.output(z.object({}))
		.query(async () => {
			throw new AppError("NOT_FOUND", "This thing was not found.");
		}),
});
const callerOf = createCallerFactory(sample);
const as = (actor: Actor, more: Partial<RequestContext> = {}) =>
	callerOf({
		db,
		requestId: randomUUID(),
		via: "rpc",
		origin: { address: null, userAgent: null },
		identify: async () => actor,
		...more,
	});

/** A person with a session of their own, who last proved that long ago. */
async function withSession(minutesAgo: number, who: Parameters<typeof testUser>[1] = {}) {
	const user = await testUser(db, who);
	const expiresAt = new Date(Date.now() + 60_000);
	const provedAt = sql`now() - make_interval(mins => ${minutesAgo})`;
	const [session] = await db.orm
		.insert(sessions)
		.values({ userId: user.userId, expiresAt, provedAt })
		.returning({ id: sessions.id });
	const sessionId = session?.id ?? "";
	return { sessionId, actor: await findSessionActor(db, sessionId) };
}

describe("step-up", () => {
	test("what is dangerous wants a proof of the last 10 minutes, of people with a session only", async () => {
		const { actor, sessionId } = await withSession(11);
		if (!actor) throw new Error("no session");
		effects = 0;
		await expect(as(actor).danger({})).rejects.toMatchObject({ cause: { code: "PROOF_NEEDED" } });
		expect(await as(actor).write({ n: 1 })).toEqual({ n: 1 });
		const agent: Actor = { kind: "agent", agentId: randomUUID(), runId: randomUUID(), onBehalfOf: actor };
		expect(await as(agent).danger({})).toEqual({});
		const denied = await db.orm.select().from(auditEntries).where(eq(auditEntries.userId, actor.userId));
		expect(denied).toMatchObject([{ action: "danger", outcome: "denied", reason: "Needs a fresh proof of who it is" }]);
		// The actor is as it was remembered; the proof counts all the same.
		await db.orm.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.id, sessionId));
		expect(await as(actor).danger({})).toEqual({});
	});

	test("a fresh session is a proof; a revoked one is none", async () => {
		const { actor, sessionId } = await withSession(9);
		if (!actor) throw new Error("no session");
		expect(await as(actor).danger({})).toEqual({});
		await db.orm.update(sessions).set({ revokedAt: sql`now()` }).where(eq(sessions.id, sessionId));
		await expect(as(actor).danger({})).rejects.toMatchObject({ cause: { code: "PROOF_NEEDED" } });
	});

	test("whose role asks for a second factor may only enrol one", async () => {
		await db.orm.insert(factorPolicies).values({ role: "auditor" });
		const { actor, sessionId } = await withSession(0, { role: "auditor" });
		if (!actor) throw new Error("no session");
		await expect(as(actor).account({})).rejects.toMatchObject({ cause: { code: "FACTOR_NEEDED" } });
		expect(await as(actor).enrol({})).toEqual({});
		await db.orm
			.insert(totpFactors)
			.values({ userId: actor.userId, sealedSecret: "x", confirmedAt: new Date(), lastStep: 1 });
		const enrolled = await findSessionActor(db, sessionId);
		expect(enrolled?.mustEnrol).toBe(false);
		expect(await as(enrolled ?? actor).account({})).toEqual({});
		expect(await as((await withSession(0)).actor ?? actor).account({})).toEqual({});
	});
});

describe("the gate", () => {
	test("lets nobody in without an identity", async () => {
		await expect(as({ kind: "anonymous" }).read({ n: 1 })).rejects.toMatchObject({ code: "UNAUTHORIZED" });
	});

	test("asks for the permission before it looks at the input", async () => {
		const auditor = await testUser(db, { role: "auditor" });
		await expect(as(auditor).read({ n: 99 })).rejects.toMatchObject({ code: "FORBIDDEN" });
	});

	test("writes a denial into the audit", async () => {
		const viewer = await testUser(db, { role: "viewer" });
		await expect(as(viewer).write({ n: 1 })).rejects.toMatchObject({ code: "FORBIDDEN" });
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.userId, viewer.userId));
		expect(rows).toMatchObject([{ action: "write", outcome: "denied", reason: "Needs knowledge:write" }]);
	});

	test("refuses unknown keys and says which field is wrong", async () => {
		const staff = await testUser(db);
		await expect(as(staff).read({ n: 11 })).rejects.toMatchObject({
			code: "BAD_REQUEST",
			message: expect.stringContaining("n:"),
		});
		const withRole = { n: 1, role: "owner" };
		await expect(as(staff).read(withRole)).rejects.toMatchObject({ code: "BAD_REQUEST" });
	});

	test("takes NULs and halves of characters out of every text, and refuses what is nested without end", async () => {
		const staff = await testUser(db);
		expect(await as(staff).echo({ text: "a\0b\ud800c" })).toEqual({ text: "ab\ufffdc" });
		const endless: { text: string; more?: unknown } = { text: "a" };
		endless.more = [endless];
		await expect(as(staff).echo(endless)).rejects.toMatchObject({ code: "BAD_REQUEST" });
		const proto: unknown = JSON.parse('{"__proto__":{"x":1}}');
		await expect(as(staff).echo({ text: "a", more: [proto] })).rejects.toMatchObject({ code: "BAD_REQUEST" });
	});

	test("answers with what the output names, and nothing else", async () => {
		expect(await as(await testUser(db)).read({ n: 1 })).toEqual({ n: 1 });
	});

	test("keeps an unforeseen error's message on the server", async () => {
		const failure = as(await testUser(db)).fail({});
		await expect(failure).rejects.toMatchObject({
			code: "INTERNAL_SERVER_ERROR",
			message: "Something went wrong on our side.",
		});
	});

	test.each(["answer", "row"] as const)("is our fault where our own %s is not what its schema says", async (kind) => {
		const logged = vi.spyOn(log, "error");
		const requestId = randomUUID();
		const failure = await as(await testUser(db), { requestId })
			.broken({ as: kind })
			.catch((error: unknown) => error);
		expect(failure).toMatchObject({ code: "INTERNAL_SERVER_ERROR", message: "Something went wrong on our side." });
		expect(logged).toHaveBeenCalledWith(expect.objectContaining({ requestId, problem: "INTERNAL" }), "call refused");
		logged.mockRestore();
	});

	test("keeps the message that was written for the reader", async () => {
		await expect(as(await testUser(db)).missing({})).rejects.toMatchObject({
			code: "NOT_FOUND",
			message: "This thing was not found.",
		});
	});

	test("does a mutation once for one idempotency key, also when asked twice at once", async () => {
		const staff = await testUser(db);
		const key = { idempotencyKey: randomUUID() };
		effects = 0;
		const both = await Promise.allSettled([as(staff, key).write({ n: 1 }), as(staff, key).write({ n: 1 })]);
		expect(both.some((one) => one.status === "fulfilled")).toBe(true);
		expect(await as(staff, key).write({ n: 1 })).toEqual({ n: 1 });
		expect(effects).toBe(1);
		await expect(as(staff, key).write({ n: 2 })).rejects.toMatchObject({ code: "UNPROCESSABLE_CONTENT" });
	});

	describe("an idempotency key", () => {
		const stranger: Actor = { kind: "anonymous" };
		const openAs = (address: string, key: string) =>
			as(stranger, { origin: { address, userAgent: null }, idempotencyKey: key }).open;
		const claimed = async (requestId: string) =>
			(await db.orm.select().from(idempotencyKeys).where(eq(idempotencyKeys.requestId, requestId)))[0];
		/** As if the process had died in the middle of the first call. */
		const die = (requestId: string) =>
			db.orm
				.update(idempotencyKeys)
				.set({ answer: null, leasedUntil: sql`now() - interval '1 second'` })
				.where(eq(idempotencyKeys.requestId, requestId));

		test("of a stranger is not that of another, be it the same word", async () => {
			effects = 0;
			const key = randomUUID();
			await openAs("203.0.113.1", key)({ n: 1 });
			await openAs("203.0.113.1", key)({ n: 1 });
			expect(effects).toBe(1);
			await openAs("203.0.113.2", key)({ n: 1 });
			// Behind one address there are many.
			await openAs("203.0.113.1", key)({ n: 2 });
			expect(effects).toBe(3);
		});

		test("of one agent is not shared by the persons that it acts for", async () => {
			effects = 0;
			const key = { idempotencyKey: randomUUID() };
			const agentId = randomUUID();
			for (const onBehalfOf of [await testUser(db), await testUser(db)])
				await as({ kind: "agent", agentId, runId: randomUUID(), onBehalfOf }, key).write({ n: 1 });
			expect(effects).toBe(2);
		});

		test("tells nothing of its input to who reads the table", async () => {
			const requestId = randomUUID();
			await as(await testUser(db), { idempotencyKey: "k", requestId }).write({ n: 1 });
			const row = await claimed(requestId);
			expect(row?.inputHash).toMatch(/^[0-9a-f]{64}$/);
			expect(row?.inputHash).not.toBe(
				createHash("sha256")
					.update(superjson.stringify({ n: 1 }))
					.digest("hex"),
			);
		});

		test("whose call died without an effect is free again once the call can't be under way; before, it waits", async () => {
			const staff = await testUser(db);
			const [idempotencyKey, requestId] = [randomUUID(), randomUUID()];
			await as(staff, { idempotencyKey, requestId }).write({ n: 1 });
			await db.orm.update(idempotencyKeys).set({ answer: null }).where(eq(idempotencyKeys.requestId, requestId));
			await expect(as(staff, { idempotencyKey }).write({ n: 1 })).rejects.toMatchObject({
				cause: { code: "CONFLICT", retryAfterSeconds: 5 },
			});
			await die(requestId);
			effects = 0;
			const tries = await Promise.allSettled(
				Array.from({ length: 20 }, () => as(staff, { idempotencyKey }).write({ n: 1 })),
			);
			expect(tries.some(({ status }) => status === "fulfilled")).toBe(true);
			expect(effects).toBe(1);
			expect(await as(staff, { idempotencyKey }).write({ n: 1 })).toEqual({ n: 1 });
			expect(effects).toBe(1);
		});

		test("whose call took effect before it died is not done again, and says so", async () => {
			const staff = await testUser(db);
			const [idempotencyKey, requestId] = [randomUUID(), randomUUID()];
			await as(staff, { idempotencyKey, requestId }).write({ n: 1 });
			const ctx = { ...(await testContext(db, staff)), requestId };
			await audit(ctx, db.orm, { action: "thing.write", resource: "thing" });
			await die(requestId);
			effects = 0;
			await expect(as(staff, { idempotencyKey }).write({ n: 1 })).rejects.toMatchObject({
				code: "CONFLICT",
				message: expect.stringContaining("took effect"),
			});
			expect(effects).toBe(0);
		});
	});

	test("lets an agent do no more than the person it acts for", async () => {
		const viewer = await testUser(db, { role: "viewer" });
		const agent: Actor = { kind: "agent", agentId: randomUUID(), runId: randomUUID(), onBehalfOf: viewer };
		expect(await as(agent).read({ n: 1 })).toEqual({ n: 1 });
		await expect(as(agent).write({ n: 1 })).rejects.toMatchObject({ code: "FORBIDDEN" });
	});

	test("says that the database is away, when to try again, and nothing of where it is", async () => {
		const { Database } = await import("@/db/connection");
		const away = new Database({ url: "postgres://nobody:secret@127.0.0.1:1/none", pool: 1 });
		const staff = await testUser(db);
		const broken = callerOf({
			db: away,
			requestId: randomUUID(),
			via: "rpc",
			origin: { address: null, userAgent: null },
			identify: async () => ({ ...staff, permissions: new Set<Permission>() }),
		});
		await expect(broken.read({ n: 1 })).rejects.toMatchObject({
			code: "SERVICE_UNAVAILABLE",
			message: expect.not.stringContaining("127.0.0.1"),
		});
		await away.close();
	});
});
