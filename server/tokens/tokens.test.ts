import { eq, sql } from "drizzle-orm";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { Secret, TOTP } from "otpauth";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, mails, refreshTokens, sessions, totpFactors, users } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import { seal } from "@/server/core/vault";
import { testContext, testDatabase } from "@/tests/support";
import {
	askRevocation,
	askTokens,
	bearer,
	callRpc,
	refresh,
	signInProgram,
	testAccount,
} from "@/tests/support/programs";
import { audience, issuer } from "./access-token";
import type { Tokens } from "./contract";
import { jwksHandler } from "./handler";
import { rotateSigningKey } from "./service";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
});

const sessionOf = (token: string) => String(claimsOf(token).sid);
const claimsOf = (token: string) =>
	JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
const next = async (token: string): Promise<Tokens> => {
	const answer = await refresh(token);
	expect(answer.status).toBe(200);
	return (await answer.json()) as Tokens;
};
/** As if this much time had passed for the tokens of the session. */
const age = (accessToken: string, seconds: number) =>
	db.orm
		.update(refreshTokens)
		.set({ usedAt: sql`${refreshTokens.usedAt} - make_interval(secs => ${seconds})` })
		.where(eq(refreshTokens.sessionId, sessionOf(accessToken)));

describe("a program", () => {
	test("signs in for a person, and calls with their rights and without a cookie's headers", async () => {
		const account = await testAccount(db);
		const tokens = await signInProgram(account);
		expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 600 });
		const me = await callRpc("auth.me", bearer(tokens.access_token));
		expect(me).toMatchObject({ status: 200, body: expect.stringContaining(account.user.userId) });
		expect((await callRpc("users.list", bearer(tokens.access_token))).status).toBe(403);
		const [session] = await db.orm
			.select()
			.from(sessions)
			.where(eq(sessions.id, sessionOf(tokens.access_token)));
		expect(session).toMatchObject({ kind: "program", userId: account.user.userId, address: "127.0.0.1" });
	});

	test("gets a token that others can check with what the JWKS tells, and that says what it must", async () => {
		const account = await testAccount(db);
		const { access_token } = await signInProgram(account);
		const keys = (await (await jwksHandler()).json()) as JSONWebKeySet;
		const { payload, protectedHeader } = await jwtVerify(access_token, createLocalJWKSet(keys), {
			algorithms: ["EdDSA"],
			typ: "at+jwt",
			issuer: issuer(),
			audience,
		});
		expect(Object.keys(protectedHeader).sort()).toEqual(["alg", "kid", "typ"]);
		expect(Object.keys(payload).sort()).toEqual(["aud", "auth_time", "exp", "iat", "iss", "jti", "sid", "sub", "ver"]);
		expect(payload).toMatchObject({ sub: account.user.userId, ver: 1 });
		expect(Number(payload.exp) - Number(payload.iat)).toBe(600);
		expect(JSON.stringify(keys)).not.toContain('"d"');
	});

	test("hears in RFC 6749's words what was wrong, and nothing about accounts", async () => {
		const account = await testAccount(db);
		const ask = async (body: unknown, more?: Record<string, string>) => {
			const answer = await askTokens(body, more);
			expect(answer.headers.get("content-type")).toBe("application/problem+json");
			expect(answer.headers.get("cache-control")).toBe("no-store");
			const { requestId, ...facts } = (await answer.json()) as Record<string, unknown>;
			expect(requestId).toBe(answer.headers.get("x-request-id"));
			return { ...facts, status: answer.status };
		};
		const wrong = await ask({ grant_type: "password", email: account.email, password: "wrong" });
		expect(wrong).toMatchObject({ status: 400, error: "invalid_grant" });
		expect(await ask({ grant_type: "password", email: "nobody@example.test", password: "wrong" })).toEqual(wrong);
		expect(await ask({ grant_type: "client_credentials" })).toMatchObject({ error: "unsupported_grant_type" });
		expect(await ask({ grant_type: "password", email: account.email })).toMatchObject({ error: "invalid_request" });
		expect(await ask({ grant_type: "refresh_token", refresh_token: "none", role: "owner" })).toMatchObject({
			error: "invalid_request",
		});
		expect(await ask("{")).toMatchObject({ status: 400, error: "invalid_request" });
		expect(await ask("x".repeat(20_000))).toMatchObject({ status: 413 });
		expect(await ask("a=b", { "content-type": "text/plain" })).toMatchObject({ status: 415 });
		expect(await ask({}, { "sec-fetch-site": "cross-site" })).toMatchObject({ status: 403 });
		expect(await ask({ grant_type: "refresh_token", refresh_token: "qd_rt_x" })).toMatchObject({
			status: 400,
			error: "invalid_grant",
		});
	});

	test("of who has a second factor sends its code along: the right one, once, and no other", async () => {
		const account = await testAccount(db);
		const { userId } = account.user;
		const ask = (otp?: string, password = account.password) =>
			askTokens({ grant_type: "password", email: account.email, password, ...(otp ? { otp } : {}) });
		const secret = new Secret({ size: 20 });
		const place = { table: "totp_factors", row: userId, column: "sealed_secret", version: 1 };
		await db.orm
			.insert(totpFactors)
			.values({ userId, sealedSecret: seal(secret.base32, place), confirmedAt: sql`now()`, lastStep: 1 });
		const code = new TOTP({ secret }).generate();
		const wrong = code === "000000" ? "111111" : "000000";

		const without = await ask();
		expect(without.status).toBe(403);
		expect(await without.json()).toMatchObject({ error: "mfa_required", code: "FACTOR_NEEDED" });
		expect((await ask(code, "not the password")).status).toBe(400);
		expect((await ask(wrong)).status).toBe(400);
		expect(await db.orm.select().from(sessions).where(eq(sessions.userId, userId))).toEqual([]);
		const tries = await Promise.all(Array.from({ length: 5 }, () => ask(code)));
		expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
		expect((await ask(code)).status).not.toBe(200);
		const [session, ...others] = await db.orm.select().from(sessions).where(eq(sessions.userId, userId));
		expect(session).toMatchObject({ kind: "program", provedWith: "password and factor" });
		expect(others).toEqual([]);
	});

	test("signs out with either of its tokens, and nobody learns from it what a token is", async () => {
		const account = await testAccount(db);
		for (const which of ["access_token", "refresh_token"] as const) {
			const tokens = await signInProgram(account);
			expect((await askRevocation(tokens[which])).status).toBe(200);
			expect((await refresh(tokens.refresh_token)).status).toBe(400);
			expect((await callRpc("auth.me", bearer(tokens.access_token))).status).toBe(401);
		}
		expect((await askRevocation("no token at all")).status).toBe(200);
	});

	test("whose account was disabled, or whose tokens were all ended, is out", async () => {
		const account = await testAccount(db);
		const one = await signInProgram(account);
		await db.orm.update(users).set({ tokenVersion: 2 }).where(eq(users.id, account.user.userId));
		expect((await callRpc("auth.me", bearer(one.access_token))).status).toBe(401);
		const two = await next(one.refresh_token);
		await db.orm.update(users).set({ disabledAt: sql`now()` }).where(eq(users.id, account.user.userId));
		expect((await callRpc("auth.me", bearer(two.access_token))).status).toBe(401);
		expect((await refresh(two.refresh_token)).status).toBe(400);
	});

	test.each([
		["unused for 7 days", { lastSeenAt: sql`now() - interval '7 days 1 minute'` }],
		["signed in 30 days ago", { expiresAt: sql`now()` }],
	])("that was %s signs in again, and that is no alarm", async (_, change) => {
		const tokens = await signInProgram(await testAccount(db));
		await db.orm
			.update(sessions)
			.set(change)
			.where(eq(sessions.id, sessionOf(tokens.access_token)));
		expect((await refresh(tokens.refresh_token)).status).toBe(400);
		expect(await alarms(tokens)).toBe(0);
	});
});

const alarms = async ({ access_token }: Tokens) =>
	(
		await db.orm
			.select()
			.from(auditEntries)
			.where(eq(auditEntries.resourceId, sessionOf(access_token)))
	).filter(({ action }) => action === "token.reuse").length;

describe("a refresh token", () => {
	test("is used once: a second use ends the family, once, is written down and told to its person", async () => {
		const account = await testAccount(db);
		const first = await signInProgram(account);
		const second = await next(first.refresh_token);
		const third = await next(second.refresh_token);
		expect(new Set([first, second, third].map((one) => one.refresh_token)).size).toBe(3);
		await age(first.access_token, 11);
		const replays = await Promise.all(Array.from({ length: 5 }, () => refresh(first.refresh_token)));
		expect(replays.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
		expect((await refresh(third.refresh_token)).status).toBe(400);
		expect((await callRpc("auth.me", bearer(third.access_token))).status).toBe(401);
		expect(await alarms(first)).toBe(1);
		const letters = await db.orm.select().from(mails).where(eq(mails.userId, account.user.userId));
		expect(letters.map(({ kind, recipient }) => [kind, recipient])).toEqual([["notice", account.email]]);
		expect(JSON.stringify(letters)).not.toContain("qd_rt_");
	});

	test("gives the same successor once more within the grace, and no other", async () => {
		const first = await signInProgram(await testAccount(db));
		const second = await next(first.refresh_token);
		await age(first.access_token, 8);
		expect((await next(first.refresh_token)).refresh_token).toBe(second.refresh_token);
		expect(await alarms(first)).toBe(0);
		await age(first.access_token, 3);
		expect((await refresh(first.refresh_token)).status).toBe(400);
		expect(await alarms(first)).toBe(1);
	});

	test("of the generation before the last is refused even within the grace", async () => {
		const first = await signInProgram(await testAccount(db));
		await next((await next(first.refresh_token)).refresh_token);
		expect((await refresh(first.refresh_token)).status).toBe(400);
		expect(await alarms(first)).toBe(1);
	});

	test("stands nowhere in the database, and neither does its successor", async () => {
		const first = await signInProgram(await testAccount(db));
		const second = await next(first.refresh_token);
		const rows = JSON.stringify(await db.orm.select().from(refreshTokens));
		for (const token of [first, second]) expect(rows).not.toContain(token.refresh_token.slice(6));
	});

	test("20 tabs refresh one token at once, 200 rounds, with late answers: all stay in, one lives, no alarm", async () => {
		const start = await signInProgram(await testAccount(db));
		const tabs = Array.from({ length: 20 }, () => start.refresh_token);
		let late: { tab: number; token: string }[] = [];
		for (let round = 0; round < 200; round += 1) {
			const answers = await Promise.all(tabs.map(async (token) => (await next(token)).refresh_token));
			expect(new Set(answers).size).toBe(1);
			// Answers arrive in any order; some only after others have asked again. Until then a tab has the token before.
			late = answers.map((token, tab) => ({ tab, token })).filter(({ tab }) => (tab + round) % 7 === 0);
			answers.forEach((token, tab) => {
				if (!late.some((one) => one.tab === tab)) tabs[tab] = token;
			});
			// The late ones ask once more with what they have, as they have heard nothing.
			const again = await Promise.all(
				late.map(async ({ tab }) => ({ tab, token: (await next(tabs[tab] ?? "")).refresh_token })),
			);
			for (const { tab, token } of again.reverse()) tabs[tab] = token;
		}
		expect(new Set(tabs).size).toBe(1);
		const family = await db.orm
			.select()
			.from(refreshTokens)
			.where(eq(refreshTokens.sessionId, sessionOf(start.access_token)));
		expect(family.filter(({ usedAt }) => usedAt === null).length).toBe(1);
		expect(family.length).toBe(201);
		expect(await alarms(start)).toBe(0);
	}, 120_000);
});

describe("signing keys", () => {
	test("change without anybody being signed out", async () => {
		const before = await signInProgram(await testAccount(db));
		const ctx = await testContext(db, { role: "owner" });
		const { kid } = await rotateSigningKey(ctx, { atOnce: false });
		const told = (await (await jwksHandler()).json()) as JSONWebKeySet;
		expect(told.keys.map((key) => key.kid)).toContain(kid);
		// It is told before it signs.
		const meanwhile = await next(before.refresh_token);
		expect(headerOf(meanwhile.access_token).kid).not.toBe(kid);
		await db.orm.execute(sql`update signing_keys set active_from = now() where kid = ${kid}`);
		const after = await next(meanwhile.refresh_token);
		expect(headerOf(after.access_token).kid).toBe(kid);
		for (const { access_token } of [before, meanwhile, after])
			expect((await callRpc("auth.me", bearer(access_token))).status).toBe(200);
	});

	test("that may have become known are thrown out at once; programs go on with their refresh tokens", async () => {
		const before = await signInProgram(await testAccount(db));
		await rotateSigningKey(await testContext(db, { role: "owner" }), { atOnce: true });
		expect((await callRpc("auth.me", bearer(before.access_token))).status).toBe(401);
		const after = await next(before.refresh_token);
		expect((await callRpc("auth.me", bearer(after.access_token))).status).toBe(200);
	});

	test("are made once, however many processes begin at the same time", async () => {
		const fresh = await testDatabase();
		useDatabase(fresh);
		const account = await testAccount(fresh);
		await Promise.all(Array.from({ length: 8 }, () => signInProgram(account)));
		expect((await fresh.orm.execute(sql`select kid from signing_keys`)).length).toBe(1);
		useDatabase(db);
	});

	test("lie in the database sealed", async () => {
		const rows = await db.orm.execute<{ sealed: string }>(sql`select sealed_key as sealed from signing_keys`);
		expect(rows.length).toBeGreaterThan(0);
		for (const { sealed } of rows) expect(sealed).not.toContain('"d"');
	});
});

const headerOf = (token: string) =>
	JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string };
