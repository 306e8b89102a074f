import { randomBytes, randomUUID } from "node:crypto";
import { hash } from "@node-rs/argon2";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { accountLinks, sessions, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { testDatabase } from "@/tests/support";
import { mailbox } from "@/tests/support/mail";
import { beginGuess } from "./guesses";
import { hashPassword, isOutdated } from "./passwords";
import { signIn } from "./service";

const password = "my uncle grows pale tomatoes";
const wrong = "not this one, and not at all";
let db: Database;
let passwordHash: string;
beforeAll(async () => {
	db = await testDatabase();
	passwordHash = await hashPassword(password);
});

const from = (address: string): ServiceContext => ({
	db,
	actor: { kind: "anonymous" },
	via: "console",
	requestId: randomUUID(),
	origin: { address, userAgent: null },
});
const hex = () => randomBytes(2).toString("hex");
/** A network that nobody else has. */
const newPlace = () => `2001:db8:${hex()}:${hex()}::1`;

async function person(passwordHashOf = passwordHash) {
	const email = `${randomUUID()}@example.test`;
	const [row] = await db.orm
		.insert(users)
		.values({ email, name: "Robin", role: "staff", passwordHash: passwordHashOf })
		.returning({ id: users.id });
	return { email, userId: row?.id ?? "" };
}

/** Tries without the cost of a hash: what counts them comes before it. */
async function tries(count: number, where: () => string, whose: () => string): Promise<number> {
	let passed = 0;
	for (let n = 0; n < count; n++)
		passed += await beginGuess(from(where()), whose()).then(
			() => 1,
			() => 0,
		);
	return passed;
}

describe("guessing passwords", () => {
	test("for one account from one place ends after ten in a minute, whatever the case, within a whole IPv6 network", async () => {
		const { email } = await person();
		const network = `2001:db8:${hex()}:${hex()}`;
		const answers: unknown[] = [];
		for (let n = 0; n < 14; n++)
			answers.push(
				await signIn(from(`${network}::${n + 1}`), {
					email: n % 2 ? email.toUpperCase() : ` ${email}`,
					password: wrong,
				}).catch((error: { code: string }) => error.code),
			);
		expect(answers).toEqual([...Array(10).fill(null), ...Array(4).fill("LIMIT_REACHED")]);
	});

	test("200 at the same time are counted one by one", async () => {
		const { email } = await person();
		const place = newPlace();
		const all = await Promise.allSettled(Array.from({ length: 200 }, () => beginGuess(from(place), email)));
		expect(all.filter((one) => one.status === "fulfilled")).toHaveLength(10);
	});

	test("one password for many accounts ends after a hundred, and who works there goes on", async () => {
		const { email } = await person();
		const office = newPlace();
		expect((await signIn(from(office), { email, password }))?.sessionId).toBeTruthy();
		expect(
			await tries(
				150,
				() => office,
				() => `${randomUUID()}@example.test`,
			),
		).toBe(100);
		expect((await signIn(from(office), { email, password }))?.sessionId).toBeTruthy();
	});

	test("from a thousand places at once ends too, but does not lock the person out where they have been", async () => {
		const { email } = await person();
		const home = newPlace();
		expect((await signIn(from(home), { email, password }))?.sessionId).toBeTruthy();
		expect(await tries(300, newPlace, () => email)).toBe(100);
		await expect(signIn(from(newPlace()), { email, password })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
		expect((await signIn(from(home), { email, password }))?.sessionId).toBeTruthy();
	});

	test("nor where they just chose a new password by mail", async () => {
		const { email, userId } = await person();
		await tries(101, newPlace, () => email);
		const cafe = newPlace();
		await expect(signIn(from(cafe), { email, password })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
		await db.orm.insert(accountLinks).values({
			kind: "password-reset",
			userId,
			tokenHash: randomUUID(),
			expiresAt: new Date(),
			usedAt: new Date(),
			usedFrom: cafe,
		});
		expect((await signIn(from(cafe), { email, password }))?.sessionId).toBeTruthy();
	});

	test("looks the same for an account that nobody has", async () => {
		const { email } = await person();
		const refusals: unknown[] = [];
		for (const whose of [email, `${randomUUID()}@example.test`]) {
			const place = newPlace();
			await tries(
				10,
				() => place,
				() => whose,
			);
			refusals.push(
				await signIn(from(place), { email: whose, password }).catch((error: Error & { code: string }) => [
					error.code,
					error.message.replace(/\d+/, "n"),
				]),
			);
		}
		expect(refusals[0]).toEqual(refusals[1]);
	});

	test("a right password gives back what it cost", async () => {
		const { email } = await person();
		const home = newPlace();
		for (let n = 0; n < 12; n++) expect((await signIn(from(home), { email, password }))?.sessionId).toBeTruthy();
	});
});

test("a sign-in from a new place after many tries is told by mail, any other is not", async () => {
	const { email } = await person();
	await signIn(from(newPlace()), { email, password });
	expect(await mailbox(db, email)).toEqual([]);
	await tries(8, newPlace, () => email);
	await signIn(from(newPlace()), { email, password });
	expect(await mailbox(db, email)).toMatchObject([
		{ kind: "notice", subject: expect.stringContaining("after many tries") },
	]);
});

test("a password that was hashed at another cost is hashed anew when it is used, and only the right one", async () => {
	const cheap = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
	const { email, userId } = await person(cheap);
	const kept = async () => (await db.orm.select().from(users).where(eq(users.id, userId)))[0]?.passwordHash ?? "";
	expect(await signIn(from(newPlace()), { email, password: wrong })).toBeNull();
	expect(await kept()).toBe(cheap);
	expect((await signIn(from(newPlace()), { email, password }))?.userId).toBe(userId);
	expect(isOutdated(await kept())).toBe(false);
	expect((await signIn(from(newPlace()), { email, password }))?.userId).toBe(userId);
	expect(await db.orm.$count(sessions, eq(sessions.userId, userId))).toBe(2);
});
