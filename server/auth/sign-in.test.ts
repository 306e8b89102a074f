import { randomUUID } from "node:crypto";
import { and, desc, eq, sql } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import {
	auditEntries,
	factorGuesses,
	factorPolicies,
	mails,
	passkeys,
	sessions,
	signInSteps,
	totpFactors,
	users,
} from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import type { Role } from "@/server/core/permissions";
import { testDatabase } from "@/tests/support";
import { authenticator } from "@/tests/support/authenticator";
import { browser } from "@/tests/support/browser";
import { hashPassword } from "./passwords";

const origin = "http://localhost:3000";
const password = "a long enough sentence";
let db: Database;
let passwordHash: string;
beforeAll(async () => {
	process.env.AUTH_TRUST_HOST = "1";
	// In the middle of a code's 30 s, and staying there.
	vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 30_000) * 30_000 + 15_000 });
	db = await testDatabase();
	useDatabase(db);
	passwordHash = await hashPassword(password);
});

afterAll(() => vi.useRealTimers());

async function person(role: Role = "staff") {
	const email = `${randomUUID()}@example.test`;
	const [row] = await db.orm
		.insert(users)
		.values({ email, name: "Ana", role, passwordHash })
		.returning({ id: users.id });
	return { id: row?.id ?? "", email };
}
type Person = Awaited<ReturnType<typeof person>>;

/** A browser in which this person is signed in with their password. */
async function signedIn(who: Person) {
	const one = browser();
	expect(await one.submit("credentials", { email: who.email, password })).toBeNull();
	return one;
}

const codeAt = (secret: string, steps = 0) =>
	new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

/** Adds an app for codes the way people do; the code that confirmed it is used up, so the app goes back in time by a minute. */
async function withTotp(who: Person) {
	const one = await signedIn(who);
	const { secret } = (await one.call("factors.startTotp")).data as { secret: string };
	const { data } = await one.call("factors.confirmTotp", { code: codeAt(secret) });
	await db.orm.update(totpFactors).set({ lastStep: 1 }).where(eq(totpFactors.userId, who.id));
	return { one, secret, codes: (data as { recoveryCodes: string[] }).recoveryCodes };
}

async function withPasskey(who: Person) {
	const one = await signedIn(who);
	const device = authenticator(origin);
	const options = (await one.call("factors.startPasskey")).data as Record<string, unknown>;
	const added = await one.call("factors.addPasskey", { name: "Laptop", registration: device.register(options) });
	expect(added.problem).toBeUndefined();
	return { one, device };
}

const sessionCount = (who: Person) => db.orm.$count(sessions, eq(sessions.userId, who.id));

describe("a password with a second factor", () => {
	test("is half-way: no session, and no procedure takes its cookie", async () => {
		const who = await person();
		await withTotp(who);
		const before = await sessionCount(who);
		const one = browser();
		expect(await one.submit("credentials", { email: who.email, password })).toBe("factor:totp,recovery");
		expect([...one.jar.keys()]).toContain("qd_step");
		expect([...one.jar.keys()]).not.toContain("qd_session");
		expect(await sessionCount(who)).toBe(before);
		one.jar.set("qd_session", one.jar.get("qd_step") ?? "");
		for (const path of ["auth.me", "factors.mine", "auth.proofs"]) expect((await one.ask(path)).status).toBe(401);
		expect((await one.call("auth.prove", { password })).problem).toBe("UNAUTHENTICATED");
	});

	test("becomes a session with a code, which serves once", async () => {
		const who = await person();
		const { secret } = await withTotp(who);
		const code = codeAt(secret);
		const [one, other] = [browser(), browser()];
		for (const at of [one, other]) await at.submit("credentials", { email: who.email, password });
		expect(await one.submit("factor", { code })).toBeNull();
		expect((await one.ask("auth.me")).data).toMatchObject({ email: who.email });
		expect([...one.jar.keys()]).not.toContain("qd_step");
		expect(await other.submit("factor", { code })).toBe("CredentialsSignin");
		const [row] = await db.orm
			.select()
			.from(sessions)
			.where(eq(sessions.userId, who.id))
			.orderBy(desc(sessions.createdAt));
		expect(row).toMatchObject({ provedWith: "password and factor", kind: "console" });
	});

	test("20 tries of one code at once open one session; so do 20 of one recovery code", async () => {
		for (const kind of ["totp", "recovery"] as const) {
			const who = await person();
			const { secret, codes } = await withTotp(who);
			const browsers = await Promise.all(
				Array.from({ length: 20 }, async () => {
					const one = browser();
					await db.orm.delete(factorGuesses).where(eq(factorGuesses.userId, who.id));
					return one;
				}),
			);
			for (const one of browsers) await one.submit("credentials", { email: who.email, password }).catch(() => null);
			const before = await sessionCount(who);
			const code = kind === "totp" ? codeAt(secret) : (codes[0] ?? "");
			await Promise.all(browsers.map((one) => one.submit("factor", { code })));
			expect(await sessionCount(who)).toBe(before + 1);
		}
	}, 60_000);

	test("takes a clock that is one step off, and no more", async () => {
		const who = await person();
		const { secret } = await withTotp(who);
		const one = browser();
		await one.submit("credentials", { email: who.email, password });
		for (const steps of [-2, 2])
			expect(await one.submit("factor", { code: codeAt(secret, steps) })).toBe("CredentialsSignin");
		expect(await one.submit("factor", { code: codeAt(secret, -1) })).toBeNull();
	});

	test("ends after 5 minutes, and after 5 wrong codes", async () => {
		const who = await person();
		const { secret } = await withTotp(who);
		const late = browser();
		await late.submit("credentials", { email: who.email, password });
		await db.orm
			.update(signInSteps)
			.set({ expiresAt: sql`now() - interval '1 second'` })
			.where(eq(signInSteps.userId, who.id));
		expect(await late.submit("factor", { code: codeAt(secret) })).toContain("Begin anew");
		const guessing = browser();
		await guessing.submit("credentials", { email: who.email, password });
		for (let n = 0; n < 5; n++) await guessing.submit("factor", { code: "000000" });
		await db.orm.delete(factorGuesses).where(eq(factorGuesses.userId, who.id));
		expect(await guessing.submit("factor", { code: codeAt(secret) })).toContain("Begin anew");
	});

	test("belongs to the browser that began it", async () => {
		const who = await person();
		const { secret } = await withTotp(who);
		await browser().submit("credentials", { email: who.email, password });
		const other = browser();
		expect(await other.submit("factor", { code: codeAt(secret) })).toBe("CredentialsSignin");
		other.jar.set("qd_step", "guessed");
		expect(await other.submit("factor", { code: codeAt(secret) })).toContain("Begin anew");
	});

	test("guesses are counted by account, in whatever browser, and the right code waits with them", async () => {
		const who = await person();
		const { secret } = await withTotp(who);
		await db.orm.delete(factorGuesses).where(eq(factorGuesses.userId, who.id));
		for (let n = 0; n < 5; n++) {
			const one = browser();
			await one.submit("credentials", { email: who.email, password });
			await one.submit("factor", { code: "000000" });
		}
		const one = browser();
		await one.submit("credentials", { email: who.email, password });
		expect(await one.submit("factor", { code: codeAt(secret) })).toContain("Too many wrong codes");
		await db.orm.update(factorGuesses).set({ lockedUntil: sql`now()` }).where(eq(factorGuesses.userId, who.id));
		expect(await one.submit("factor", { code: codeAt(secret) })).toBeNull();
	});
});

describe("recovery codes", () => {
	test("are ten, hashed, each good once, and end with the next ten", async () => {
		const who = await person();
		const { one, codes } = await withTotp(who);
		expect(new Set(codes).size).toBe(10);
		const stored = await db.sql<{ all: string }[]>`select string_agg(r::text, ' ') as all from recovery_codes r`;
		for (const code of codes) expect(stored[0]?.all).not.toContain(code.replaceAll("-", ""));
		const enter = async (code: string) => {
			const at = browser();
			await at.submit("credentials", { email: who.email, password });
			return at.submit("factor", { code });
		};
		expect(await enter(codes[0]?.toLowerCase().replaceAll("-", " ") ?? "")).toBeNull();
		expect(await enter(codes[0] ?? "")).toBe("CredentialsSignin");
		const told = await db.orm.select({ body: mails.body }).from(mails).where(eq(mails.userId, who.id));
		expect(told.map(({ body }) => body).join("\n")).toContain("A recovery code of your account was used; 9 are left.");
		const fresh = (await one.call("factors.renewRecoveryCodes")).data as { recoveryCodes: string[] };
		expect(await enter(codes[1] ?? "")).toBe("CredentialsSignin");
		expect(await enter(fresh.recoveryCodes[1] ?? "")).toBeNull();
	});
});

describe("passkeys", () => {
	test("sign in alone, without a name", async () => {
		const who = await person();
		const { device } = await withPasskey(who);
		const one = browser();
		const { body } = await one.passkeyOptions();
		expect(body).not.toHaveProperty("allowCredentials");
		const passkey = JSON.stringify(device.sign(body as Record<string, unknown>));
		expect(await one.submit("factor", { passkey })).toBeNull();
		expect((await one.ask("auth.me")).data).toMatchObject({ email: who.email });
	});

	test("serve as second factor, of the person whose password it was", async () => {
		const [who, other] = [await person(), await person()];
		const { device } = await withPasskey(who);
		const stranger = await withPasskey(other);
		const one = browser();
		expect(await one.submit("credentials", { email: who.email, password })).toBe("factor:passkey,recovery");
		const wrong = stranger.device.sign((await one.passkeyOptions()).body as Record<string, unknown>);
		expect(await one.submit("factor", { passkey: JSON.stringify(wrong) })).toBe("CredentialsSignin");
		const right = device.sign((await one.passkeyOptions()).body as Record<string, unknown>);
		expect(await one.submit("factor", { passkey: JSON.stringify(right) })).toBeNull();
	});

	test("a challenge serves once, in the browser that asked for it", async () => {
		const who = await person();
		const { device } = await withPasskey(who);
		const one = browser();
		const passkey = JSON.stringify(device.sign((await one.passkeyOptions()).body as Record<string, unknown>));
		const thief = browser();
		await thief.passkeyOptions();
		expect(await thief.submit("factor", { passkey })).toBe("CredentialsSignin");
		const cookie = one.jar.get("qd_step") ?? "";
		expect(await one.submit("factor", { passkey })).toBeNull();
		const again = browser();
		again.jar.set("qd_step", cookie);
		expect(await again.submit("factor", { passkey })).toContain("Begin anew");
	});

	test("of another origin, without verification, or with a counter that went back are refused", async () => {
		const who = await person();
		const { device } = await withPasskey(who);
		const attempt = async (make: (options: Record<string, unknown>) => unknown) => {
			const one = browser();
			const { body } = await one.passkeyOptions();
			return one.submit("factor", { passkey: JSON.stringify(make(body as Record<string, unknown>)) });
		};
		expect(await attempt((o) => device.sign(o, { at: "https://evil.test" }))).toBe("CredentialsSignin");
		expect(await attempt((o) => device.sign(o, { isVerified: false }))).toBe("CredentialsSignin");
		expect(await attempt((o) => device.sign({ ...o, rpId: "evil.test" }))).toBe("CredentialsSignin");
		expect(await attempt((o) => device.sign(o))).toBeNull();
		device.rewind(0);
		expect(await attempt((o) => device.sign(o))).toBe("CredentialsSignin");
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.action, "passkey.use"));
		expect(rows).toMatchObject([{ outcome: "denied", resourceId: who.id }]);
	});

	test("are asked for by our own pages only", async () => {
		const foreign = { "content-type": "application/json", origin: "https://evil.test", "x-qd-csrf": "1" };
		expect((await browser().passkeyOptions(foreign)).status).toBe(403);
		expect((await browser().passkeyOptions({ "content-type": "application/json" })).status).toBe(403);
	});

	test("are their owner's alone: nobody else renames or removes one", async () => {
		const [who, other] = [await person(), await person()];
		await withPasskey(who);
		const { one } = await withPasskey(other);
		const [key] = await db.orm.select().from(passkeys).where(eq(passkeys.userId, who.id));
		const passkeyId = key?.id ?? "";
		expect((await one.call("factors.renamePasskey", { passkeyId, name: "Mine" })).problem).toBe("NOT_FOUND");
		expect((await one.call("factors.removePasskey", { passkeyId })).problem).toBe("NOT_FOUND");
		expect(await db.orm.$count(passkeys, and(eq(passkeys.id, passkeyId), eq(passkeys.name, "Laptop")))).toBe(1);
	});

	test("a registration serves one session, once, and needs verification", async () => {
		const who = await person();
		const one = await signedIn(who);
		const options = (await one.call("factors.startPasskey")).data as Record<string, unknown>;
		const unverified = authenticator(origin).register(options, { isVerified: false });
		expect((await one.call("factors.addPasskey", { name: "A", registration: unverified })).problem).toBe(
			"INVALID_INPUT",
		);
		const late = authenticator(origin).register(options);
		expect((await one.call("factors.addPasskey", { name: "A", registration: late })).problem).toBe("CONFLICT");
	});
});

describe("a role that asks for a second factor", () => {
	test("lets in only to add one; then everything opens, and the last one stays", async () => {
		await db.orm.insert(factorPolicies).values({ role: "builder" });
		const who = await person("builder");
		const one = await signedIn(who);
		expect((await one.ask("auth.me")).data).toMatchObject({ mustEnrol: true });
		expect(await one.ask("prompts.list")).toMatchObject({ problem: "FACTOR_NEEDED", status: 403 });
		const { secret } = (await one.call("factors.startTotp")).data as { secret: string };
		await one.call("factors.confirmTotp", { code: codeAt(secret) });
		expect((await one.ask("auth.me")).data).toMatchObject({ mustEnrol: false });
		expect((await one.ask("prompts.list")).status).toBe(200);
		expect((await one.call("factors.removeTotp")).problem).toBe("CONFLICT");
	});
});

describe("a proof", () => {
	const grownOld = (who: Person) =>
		db.orm.update(sessions).set({ provedAt: sql`now() - interval '11 minutes'` }).where(eq(sessions.userId, who.id));

	test("by password, code or passkey opens what is dangerous, at once; a wrong one does not", async () => {
		const who = await person();
		const { one, secret } = await withTotp(who);
		const device = authenticator(origin);
		const options = (await one.call("factors.startPasskey")).data as Record<string, unknown>;
		await one.call("factors.addPasskey", { name: "Key", registration: device.register(options) });
		const proofs = [
			async () => ({ password }),
			async () => ({ code: codeAt(secret) }),
			async () => ({ passkey: device.sign((await one.call("auth.startProof")).data as Record<string, unknown>) }),
		];
		for (const make of proofs) {
			await grownOld(who);
			expect((await one.call("factors.renewRecoveryCodes")).problem).toBe("PROOF_NEEDED");
			expect((await one.call("auth.prove", { password: "not this" })).problem).toBe("INVALID_INPUT");
			expect((await one.call("factors.renewRecoveryCodes")).problem).toBe("PROOF_NEEDED");
			expect((await one.call("auth.prove", await make())).status).toBe(200);
			expect((await one.call("factors.renewRecoveryCodes")).status).toBe(200);
		}
	});

	test("is one of one's own: another person's passkey proves nothing, and neither does a used code", async () => {
		const [who, other] = [await person(), await person()];
		const { one, secret } = await withTotp(who);
		const { device } = await withPasskey(other);
		await grownOld(who);
		const passkey = device.sign((await one.call("auth.startProof")).data as Record<string, unknown>);
		expect((await one.call("auth.prove", { passkey })).problem).toBe("INVALID_INPUT");
		const code = codeAt(secret);
		expect((await one.call("auth.prove", { code })).status).toBe(200);
		expect((await one.call("auth.prove", { code })).problem).toBe("INVALID_INPUT");
		expect((await one.call("auth.prove", {})).problem).toBe("INVALID_INPUT");
		expect((await one.call("auth.prove", { password, code })).problem).toBe("INVALID_INPUT");
	});
});

describe("an administrator", () => {
	test("takes a lost factor away, but not from who may do more", async () => {
		const [admin, owner, who] = [await person("admin"), await person("owner"), await person()];
		await withTotp(owner);
		await withTotp(who);
		const one = await signedIn(admin);
		expect((await one.call("factors.reset", { userId: owner.id })).problem).toBe("FORBIDDEN");
		expect((await one.call("factors.reset", { userId: randomUUID() })).problem).toBe("NOT_FOUND");
		expect((await one.call("factors.reset", { userId: who.id })).status).toBe(200);
		const theirs = browser();
		expect(await theirs.submit("credentials", { email: who.email, password })).toBeNull();
	});
});

test("a new sign-in ends the session that the browser had", async () => {
	const who = await person();
	const one = await signedIn(who);
	const before = one.jar.get("qd_session");
	await one.submit("credentials", { email: who.email, password });
	const earlier = browser();
	earlier.jar.set("qd_session", before ?? "");
	expect((await earlier.ask("auth.me")).status).toBe(401);
	expect((await one.ask("auth.me")).status).toBe(200);
});
