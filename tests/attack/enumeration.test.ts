import { hash, randomBytes, randomUUID } from "node:crypto";
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

/**
 * How much longer one kind of call takes than the other, over that of the two kinds' noise: pairs, turn by turn, so that whatever
 * else the machine does falls on both alike. Where time told nothing, as many pairs are longer this way as that way.
 */
async function shareOfLonger(pairs: number, call: (email: string) => Promise<unknown>): Promise<number> {
	const ms = async (email: string) => {
		const started = performance.now();
		await call(email);
		return performance.now() - started;
	};
	let longer = 0;
	for (let n = 0; n < pairs; n++) {
		const email = known[n % known.length] ?? "";
		const isFirst = n % 2 === 0;
		const one = await ms(isFirst ? email : unknown());
		const other = await ms(isFirst ? unknown() : email);
		if (isFirst ? one > other : other > one) longer += 1;
	}
	return longer / pairs;
}

/**
 * Of 200 fair coins more than 69 % or fewer than 31 % on one side come once in ten million times; a look-up, a hash or a mail more
 * for one kind makes nearly all of its pairs longer. What takes no bound in ms takes a busy machine, too.
 */
const isFair = (share: number) => share > 0.31 && share < 0.69;

describe("nor does the time tell them apart: pairs of 200 calls each, turn by turn", () => {
	test("asking for a new password", async () => {
		const forgot = (email: string) => stranger().account.forgot({ email });
		await shareOfLonger(20, forgot);
		expect(await shareOfLonger(200, forgot)).toSatisfy(isFair);
	}, 120_000);

	test("signing in, where each try hashes a password", async () => {
		const ctx = { ...(await testContext(db)), actor: { kind: "anonymous" as const } };
		const enter = (email: string) =>
			signIn({ ...ctx, origin: somewhere() }, { email, password: "not this one, and not at all" });
		await shareOfLonger(5, enter);
		expect(await shareOfLonger(200, enter)).toSatisfy(isFair);
	}, 300_000);

	test("and such a test does see a difference, be it a tenth of a hash", async () => {
		const work = (rounds: number) => {
			for (let n = 0; n < rounds; n++) hash("sha256", `${n}`);
		};
		const told = await shareOfLonger(100, async (email) => work(known.includes(email) ? 6_000 : 3_000));
		expect(told).not.toSatisfy(isFair);
	});
});
