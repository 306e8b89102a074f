import { randomBytes, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { users } from "@/db/schema";
import { hashPassword } from "@/server/auth/passwords";
import { signIn } from "@/server/auth/service";
import { useDatabase } from "@/server/core/database";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase } from "@/tests/support";
import { browser } from "@/tests/support/browser";

// T17: nobody learns from an answer, its status or its time whether an account exists.

let db: Database;
let known: string[];
beforeAll(async () => {
	process.env.AUTH_TRUST_HOST = "1";
	db = await testDatabase();
	useDatabase(db);
	const passwordHash = await hashPassword("my uncle grows pale tomatoes");
	known = Array.from({ length: 200 }, () => `${randomUUID()}@example.test`);
	await db.orm.insert(users).values(known.map((email) => ({ email, name: "Robin", role: "staff", passwordHash })));
});

const hex = () => randomBytes(2).toString("hex");
/** Each call from a place of its own: limits are another attack's matter. */
const somewhere = () => ({ address: `2001:db8:${hex()}:${hex()}::1`, userAgent: null });
const stranger = () =>
	createCaller({
		...contextForActor({ kind: "anonymous" }, { db, requestId: randomUUID(), via: "rpc" }),
		origin: somewhere(),
	});
const unknown = () => `${randomUUID()}@example.test`;

/** What came of a call, whatever it was. */
const outcome = (work: Promise<unknown>) =>
	work.then(
		(answer) => ({ answer }),
		(error: Error & { code?: string }) => ({ code: error.code, message: error.message }),
	);

describe("an account that exists and one that does not get the same answer", () => {
	test("from the sign-in page", async () => {
		const answers = [];
		for (const email of [known[0] ?? "", unknown()])
			answers.push(await browser().submit("credentials", { email, password: "not this one at all" }));
		expect(answers[0]).toBeTruthy();
		expect(answers[0]).toEqual(answers[1]);
	});

	test("from who asks for a new password, also when they ask too often", async () => {
		const { forgot } = stranger().account;
		const [here, nowhere] = [known[1] ?? "", unknown()];
		const answers = { here: [] as unknown[], nowhere: [] as unknown[] };
		for (let n = 0; n < 12; n++) {
			answers.here.push(await outcome(forgot({ email: here })));
			answers.nowhere.push(await outcome(forgot({ email: nowhere })));
		}
		const plain = (all: unknown[]) => JSON.stringify(all.slice(0, 10));
		expect(plain(answers.here)).toBe(plain(answers.nowhere));
	});

	test("from links of invitations and resets that were never made", async () => {
		const token = randomBytes(32).toString("base64url");
		const password = "nine crooked lamp posts in the rain";
		expect(await outcome(stranger().account.lookAtReset({ token }))).toEqual({ answer: { reset: null } });
		expect(await outcome(stranger().invitations.look({ token }))).toEqual({ answer: { invitation: null } });
		expect(await outcome(stranger().account.resetPassword({ token, password }))).toMatchObject({ code: "NOT_FOUND" });
		expect(await outcome(stranger().invitations.accept({ token, password, name: "Eve" }))).toMatchObject({
			code: "NOT_FOUND",
		});
	});
});

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

/** Turn by turn, so that whatever else the machine does falls on both alike. */
async function medians(count: number, call: (email: string) => Promise<unknown>) {
	const ms = { known: [] as number[], unknown: [] as number[] };
	for (let n = 0; n < count; n++)
		for (const kind of n % 2 ? (["known", "unknown"] as const) : (["unknown", "known"] as const)) {
			const email = kind === "known" ? (known[n % known.length] ?? "") : unknown();
			const started = performance.now();
			await call(email);
			ms[kind].push(performance.now() - started);
		}
	return { known: median(ms.known), unknown: median(ms.unknown) };
}

describe("nor does the time tell them apart: medians of 200 calls each", () => {
	test("asking for a new password: 5 ms", async () => {
		const forgot = (email: string) => stranger().account.forgot({ email });
		await medians(20, forgot);
		const ms = await medians(200, forgot);
		expect(Math.abs(ms.known - ms.unknown), JSON.stringify(ms)).toBeLessThan(5);
	}, 120_000);

	test("signing in: 5 ms, or a tenth where the machine is slow", async () => {
		const ctx = { ...(await testContext(db)), actor: { kind: "anonymous" as const } };
		const enter = (email: string) =>
			signIn({ ...ctx, origin: somewhere() }, { email, password: "not this one, and not at all" });
		await medians(5, enter);
		const ms = await medians(200, enter);
		expect(Math.abs(ms.known - ms.unknown), JSON.stringify(ms)).toBeLessThan(Math.max(5, ms.unknown / 10));
	}, 300_000);
});
