import { eq, sql } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Database } from "@/db/connection";
import { auditPending, refreshTokens, totpFactors } from "@/db/schema";
import { database, useDatabase as takeDatabase } from "@/server/core/database";
import { seal } from "@/server/core/vault";
import { consumeTotpCode } from "@/server/factors/service/totp";
import type { Tokens } from "@/server/tokens/contract";
import { testDatabase, testUser, urlOf } from "@/tests/support";
import { bearer, callRpc, refresh, signInProgram, testAccount } from "@/tests/support/programs";

// T14: what was used stays used and what has ended stays ended, whichever clock is an hour off.

const hour = 3_600;
let db: Database;
/** The same database with its clock an hour early and an hour late. */
const shifted: Record<"early" | "late", Database | null> = { early: null, late: null };
const at = (which: "early" | "late"): Database => shifted[which] ?? db;

beforeAll(async () => {
	db = await testDatabase();
	for (const [which, seconds] of [
		["early", -hour],
		["late", hour],
	] as const) {
		await db.sql.unsafe(`create schema clock_${which};
			create function clock_${which}.now() returns timestamptz language sql stable as $$ select pg_catalog.now() + interval '${seconds} seconds' $$`);
		const url = new URL(urlOf(db));
		url.searchParams.set("search_path", `clock_${which}, pg_catalog, public`);
		shifted[which] = new Database({ url: url.href, pool: 2 });
	}
});
afterAll(async () => {
	for (const one of Object.values(shifted)) await one?.close();
});
afterEach(() => {
	vi.useRealTimers();
	takeDatabase(db);
});

const shifts = [
	["the process, an hour early", () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - hour * 1000 })],
	["the process, an hour late", () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hour * 1000 })],
	["the database, an hour early", () => takeDatabase(at("early"))],
	["the database, an hour late", () => takeDatabase(at("late"))],
] as const;

const start = async (): Promise<Tokens> => {
	takeDatabase(db);
	return signInProgram(await testAccount(db));
};
const next = async (token: string): Promise<Tokens> => {
	const answer = await refresh(token);
	expect(answer.status).toBe(200);
	return (await answer.json()) as Tokens;
};
const sessionOf = ({ access_token }: Tokens): string =>
	JSON.parse(Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString()).sid;
/** As if what was used of this family had been used that long ago. */
const age = (tokens: Tokens, seconds: number) =>
	db.orm
		.update(refreshTokens)
		.set({ usedAt: sql`${refreshTokens.usedAt} - make_interval(secs => ${seconds})` })
		.where(eq(refreshTokens.sessionId, sessionOf(tokens)));
/** Each question from a place of its own: no answer is remembered from before the clock moved. */
let places = 0;
const asks = async ({ access_token }: Tokens) =>
	(await callRpc("auth.me", { ...bearer(access_token), "x-qd-address": `203.0.113.${places++}` })).status;

test("the clocks that are shifted here are", async () => {
	const [row] = await at("early").orm.execute<{ hours: number }>(
		sql`select extract(epoch from pg_catalog.now() - now())::int / 3600 as hours`,
	);
	expect(row?.hours).toBe(1);
});

describe.each(shifts)("with the clock of %s", (_, shift) => {
	test("a refresh token that was used minutes ago gives nothing, though its successor is unused, and ends its family", async () => {
		const first = await start();
		const second = await next(first.refresh_token);
		await age(first, 30 * 60);
		shift();
		expect((await refresh(first.refresh_token)).status).toBe(400);
		vi.useRealTimers();
		takeDatabase(db);
		expect((await refresh(second.refresh_token)).status).toBe(400);
		expect(await asks(second)).toBe(401);
		const rows = await db.orm
			.select()
			.from(auditPending)
			.where(eq(auditPending.resourceId, sessionOf(first)));
		expect(rows.map(({ action }) => action)).toContain("token.reuse");
	});

	test("the live token goes on, and the ones before it stay used when the clock is right again", async () => {
		const first = await start();
		const second = await next(first.refresh_token);
		await age(first, 11);
		shift();
		const third = await next(second.refresh_token);
		vi.useRealTimers();
		takeDatabase(db);
		await age(first, 2 * hour);
		expect((await refresh(second.refresh_token)).status).toBe(400);
		expect((await refresh(third.refresh_token)).status).toBe(400);
	});
});

test("an access token ends by the database's clock alone: an hour late it has ended, an hour early it has not begun", async () => {
	const tokens = await start();
	expect(await asks(tokens)).toBe(200);
	for (const [, shift] of shifts.slice(0, 2)) {
		shift();
		expect(await asks(tokens)).toBe(200);
		vi.useRealTimers();
	}
	for (const which of ["early", "late"] as const) {
		takeDatabase(at(which));
		expect(await asks(tokens), which).toBe(401);
	}
	takeDatabase(db);
	expect(await asks(tokens)).toBe(200);
});

describe("a code of the second factor", () => {
	const secret = new Secret({ size: 20 });
	const codeAt = (seconds: number) =>
		new TOTP({ secret, period: 30 }).generate({ timestamp: Date.now() + seconds * 1000 });
	async function withApp(): Promise<string> {
		const { userId } = await testUser(db);
		const place = { table: "totp_factors", row: userId, column: "sealed_secret", version: 1 };
		await db.orm
			.insert(totpFactors)
			.values({ userId, sealedSecret: seal(secret.base32, place), confirmedAt: sql`now()`, lastStep: 1 });
		return userId;
	}

	test("that was used is not taken again by a clock an hour off, nor is one of an hour ago", async () => {
		const userId = await withApp();
		const [used, old] = [codeAt(0), codeAt(-hour)];
		expect(await consumeTotpCode(db.orm, userId, used)).toBe(true);
		for (const [, shift] of shifts) {
			shift();
			for (const code of [used, old]) expect(await consumeTotpCode(database().orm, userId, code)).toBe(false);
			vi.useRealTimers();
			takeDatabase(db);
		}
		for (const code of [used, old]) expect(await consumeTotpCode(db.orm, userId, code)).toBe(false);
	});
});
