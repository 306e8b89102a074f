import { randomUUID } from "node:crypto";
import { desc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, identities, invitations, sessions, users } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import { newToken } from "@/server/core/one-time-link";
import { invite } from "@/server/invitations/service";
import { testContext, testDatabase } from "@/tests/support";
import { authenticator } from "@/tests/support/authenticator";
import { browser } from "@/tests/support/browser";
import { type Person, startOidc } from "@/tests/support/oidc";
import { hashPassword } from "./passwords";

const { issuer, origin } = await vi.hoisted(async () => {
	const { freeAddress } = await import("@/tests/support/oidc");
	const addresses = { issuer: await freeAddress(), origin: "http://localhost:3000" };
	Object.assign(process.env, {
		QD_URL: addresses.origin,
		NEXTAUTH_URL: addresses.origin,
		QD_OIDC_ISSUER: addresses.issuer,
		QD_OIDC_CLIENT_ID: "quarterdeck",
		QD_OIDC_CLIENT_SECRET: "the secret of this client",
		QD_OIDC_NAME: "Harbour ID",
		QD_OIDC_DOMAINS: "corp.test",
		QD_OIDC_ROLE: "staff",
	});
	return addresses;
});

const callback = `${origin}/api/auth/callback/oidc`;
const password = "a long enough sentence";
let db: Database;
let provider: Awaited<ReturnType<typeof startOidc>>;
let passwordHash: string;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	provider = await startOidc(issuer, callback);
	passwordHash = await hashPassword(password);
});
afterAll(() => provider.stop());

type Browser = ReturnType<typeof browser>;

/** Somebody whom the provider knows; at corp.test and verified where nothing else is said. */
function someone(claims: Partial<Person> = {}): Person {
	const sub = randomUUID();
	const person = { sub, email: `${sub}@corp.test`, email_verified: true, name: "Cora", ...claims };
	provider.people.set(sub, person);
	return person;
}

async function account(email = `${randomUUID()}@example.test`, { hash = passwordHash as string | null } = {}) {
	const values = { email, name: "Ana", role: "staff", passwordHash: hash };
	const [row] = await db.orm.insert(users).values(values).returning({ id: users.id });
	return { id: row?.id ?? "", email };
}

/** Through the provider and back: where the browser ends up. */
async function come(one: Browser, person: Person, jar?: Map<string, string>): Promise<string> {
	const back = await provider.signInAt(await one.toProvider(), person.sub, jar);
	const { location } = await one.get(back.slice(origin.length));
	return location ?? "";
}
const isIn = async (one: Browser) => (await one.ask("auth.me")).status === 200;
async function withPassword(email: string) {
	const one = browser();
	expect(await one.submit("credentials", { email, password })).toBeNull();
	return one;
}

describe("who comes by the provider", () => {
	test("is a newcomer once, and the same person ever after, whatever their address becomes", async () => {
		const cora = someone();
		const [first, second] = [browser(), browser()];
		expect(await come(first, cora)).toBe(`${origin}/`);
		expect((await first.ask("auth.me")).data).toMatchObject({ email: cora.email, name: "Cora", role: "staff" });
		provider.people.set(cora.sub, { ...cora, email: "married@corp.test" });
		await come(second, cora);
		const me = (await first.ask("auth.me")).data as { id: string };
		expect((await second.ask("auth.me")).data).toMatchObject({ id: me.id });
		const [row] = await db.orm
			.select()
			.from(sessions)
			.where(eq(sessions.userId, me.id))
			.orderBy(desc(sessions.createdAt));
		expect(row?.provedWith).toBe("provider");
	});

	test("is asked to verify an address, and is nobody with one of another domain", async () => {
		for (const [claims, problem] of [
			[{ email_verified: false }, "unverified"],
			[{ email: undefined }, "unverified"],
			[{ email: "cora@evil.test" }, "stranger"],
			[{ email: "cora@evil.test,b@corp.test" }, "unverified"],
			[{ email: "cora@corp.test.evil.test" }, "stranger"],
			[{ email: "cora@evilcorp.test" }, "stranger"],
		] as const) {
			const one = browser();
			expect(await come(one, someone(claims)), JSON.stringify(claims)).toBe(`/sign-in?problem=${problem}`);
			expect(await isIn(one)).toBe(false);
		}
	});

	test("never gets an account by its address: verified or not, it has to be linked from inside", async () => {
		const victim = await account(`${randomUUID()}@corp.test`);
		for (const email_verified of [true, false]) {
			const one = browser();
			const where = await come(one, someone({ email: victim.email.toUpperCase(), email_verified }));
			expect(where).toBe(`/sign-in?problem=${email_verified ? "taken" : "unverified"}`);
			expect(await isIn(one)).toBe(false);
		}
		expect(await db.orm.$count(identities, eq(identities.userId, victim.id))).toBe(0);
	});

	test("is let in no more once the account is disabled", async () => {
		const cora = someone();
		await come(browser(), cora);
		await db.orm
			.update(users)
			.set({ disabledAt: new Date() })
			.where(eq(users.email, cora.email ?? ""));
		const one = browser();
		expect(await come(one, cora)).toBe("/sign-in?problem=disabled");
		expect(await isIn(one)).toBe(false);
	});

	test("shows the second factor that the account has", async () => {
		const cora = someone();
		const one = browser();
		await come(one, cora);
		const device = authenticator(origin);
		const options = (await one.call("factors.startPasskey")).data as Record<string, unknown>;
		await one.call("factors.addPasskey", { name: "Key", registration: device.register(options) });
		const other = browser();
		expect(await come(other, cora)).toBe("/sign-in?step=passkey,recovery&next=%2F");
		expect(await isIn(other)).toBe(false);
		const passkey = JSON.stringify(device.sign((await other.passkeyOptions()).body as Record<string, unknown>));
		expect(await other.submit("factor", { passkey })).toBeNull();
		expect(await isIn(other)).toBe(true);
	});
});

describe("an invitation", () => {
	const invited = async (email: string) => {
		const admin = await testContext(db, { role: "owner" });
		await invite(admin, { email, role: "builder", groupIds: [] });
		const { token, tokenHash } = newToken();
		await db.orm.update(invitations).set({ tokenHash }).where(eq(invitations.email, email));
		return token;
	};
	const comeInvited = async (one: Browser, person: Person, token: string) => {
		const address = await one.toProvider({}, { "x-qd-invitation": token });
		const back = await provider.signInAt(address, person.sub);
		return (await one.get(back.slice(origin.length))).location;
	};

	test("makes the account with its role, for whoever holds the link, once", async () => {
		const email = `${randomUUID()}@corp.test`;
		const token = await invited(email);
		const cora = someone({ email: "cora@elsewhere.test", email_verified: false });
		const one = browser();
		expect(await comeInvited(one, cora, token)).toBe(`${origin}/`);
		expect((await one.ask("auth.me")).data).toMatchObject({ email, role: "builder" });
		expect([...one.jar.keys()]).not.toContain("qd_invitation");
		const late = browser();
		expect(await comeInvited(late, someone(), token)).toBe("/sign-in?problem=invitation-gone");
		expect(await isIn(late)).toBe(false);
	});

	test("gives nothing to who begins anew without it", async () => {
		const token = await invited(`${randomUUID()}@corp.test`);
		const one = browser();
		await one.toProvider({}, { "x-qd-invitation": token });
		expect(await come(one, someone({ email_verified: false }))).toBe("/sign-in?problem=unverified");
	});
});

describe("a link", () => {
	test("is made from inside, serves to sign in, belongs to one account, and goes again", async () => {
		const ana = await account();
		const cora = someone({ email: "cora@elsewhere.test", email_verified: false });
		const one = await withPassword(ana.email);
		expect((await one.call("factors.startLink")).status).toBe(200);
		expect(await come(one, cora)).toBe("/account/security?done=linked");
		const other = browser();
		await come(other, cora);
		expect((await other.ask("auth.me")).data).toMatchObject({ id: ana.id });
		const rival = await withPassword((await account()).email);
		await rival.call("factors.startLink");
		expect(await come(rival, cora)).toBe("/sign-in?problem=linked-elsewhere");
		expect((await rival.call("factors.unlink", { issuer, subject: cora.sub })).problem).toBe("NOT_FOUND");
		expect((await one.call("factors.unlink", { issuer, subject: cora.sub })).status).toBe(200);
		expect(await come(browser(), cora)).toBe("/sign-in?problem=unverified");
	});

	test("is asked for by its session and within minutes: without that, coming by the provider links nothing", async () => {
		const ana = await account();
		const one = await withPassword(ana.email);
		const cora = someone();
		await come(one, cora);
		expect(await db.orm.$count(identities, eq(identities.userId, ana.id))).toBe(0);
		const two = await withPassword(ana.email);
		await two.call("factors.startLink");
		await db.sql`update session_intents set expires_at = now() - interval '1 second'`;
		await come(two, someone());
		expect(await db.orm.$count(identities, eq(identities.userId, ana.id))).toBe(0);
	});

	test("that is the only way in stays", async () => {
		const cora = someone();
		const one = browser();
		await come(one, cora);
		expect((await one.call("factors.unlink", { issuer, subject: cora.sub })).problem).toBe("CONFLICT");
	});
});

describe("a mail domain that signs in by the provider", () => {
	test("has no other way to a session: password, passkey, second step", async () => {
		const boss = await account(`${randomUUID()}@corp.test`);
		const one = browser();
		for (const email of [boss.email, ` ${boss.email.toUpperCase()} `, `nobody@corp.test`])
			expect(await one.submit("credentials", { email, password })).toBe(
				"People with this mail domain sign in with Harbour ID.",
			);
		for (const email of [`a@evil.test,${boss.email}`, `${boss.email}.`, boss.email.replace("@", "@sub.")])
			expect(await one.submit("credentials", { email, password })).not.toBeNull();
		const device = authenticator(origin);
		const cora = someone();
		await come(one, cora);
		const options = (await one.call("factors.startPasskey")).data as Record<string, unknown>;
		await one.call("factors.addPasskey", { name: "Key", registration: device.register(options) });
		const other = browser();
		const passkey = JSON.stringify(device.sign((await other.passkeyOptions()).body as Record<string, unknown>));
		expect(await other.submit("factor", { passkey })).toBe("CredentialsSignin");
		expect(await isIn(other)).toBe(false);
	});

	test("no more signs in with the password of before, in the middle of it either", async () => {
		const ana = await account();
		const one = await withPassword(ana.email);
		const { secret } = (await one.call("factors.startTotp")).data as { secret: string };
		const { Secret, TOTP } = await import("otpauth");
		const code = new TOTP({ secret: Secret.fromBase32(secret) });
		await one.call("factors.confirmTotp", { code: code.generate() });
		const other = browser();
		expect(await other.submit("credentials", { email: ana.email, password })).toBe("factor:totp,recovery");
		await db.orm
			.update(users)
			.set({ email: `${randomUUID()}@corp.test` })
			.where(eq(users.id, ana.id));
		await db.sql`update totp_factors set last_step = 1 where user_id = ${ana.id}`;
		expect(await other.submit("factor", { code: code.generate() })).toBe("CredentialsSignin");
		expect(await isIn(other)).toBe(false);
	});
});

describe("a proof by the provider", () => {
	test("is a fresh sign-in there of the same person", async () => {
		const cora = someone();
		const one = browser();
		await come(one, cora);
		const grownOld = () => db.sql`update sessions set proved_at = now() - interval '11 minutes'`;
		await grownOld();
		expect((await one.call("factors.startTotp")).problem).toBe("PROOF_NEEDED");
		expect((await one.call("auth.startProofAtProvider")).status).toBe(200);
		const address = new URL(await one.toProvider());
		expect(Object.fromEntries(address.searchParams)).toMatchObject({ prompt: "login", max_age: "0" });
		const back = await provider.signInAt(address.href, cora.sub);
		expect((await one.get(back.slice(origin.length))).location).toBe("/proved");
		expect((await one.call("factors.startTotp")).status).toBe(200);

		await grownOld();
		await one.call("auth.startProofAtProvider");
		expect(await come(one, someone())).toBe("/sign-in?problem=other-person");
		expect((await one.call("factors.startTotp")).problem).toBe("PROOF_NEEDED");
	});

	test("without a fresh sign-in there is none", async () => {
		const cora = someone();
		const one = browser();
		const jar = new Map<string, string>();
		await come(one, cora, jar);
		await db.sql`update sessions set proved_at = now() - interval '11 minutes'`;
		await one.call("auth.startProofAtProvider");
		const address = new URL(await one.toProvider());
		for (const name of ["prompt", "max_age"]) address.searchParams.delete(name);
		const back = await provider.signInAt(address.href, cora.sub, jar);
		expect((await one.get(back.slice(origin.length))).location).toBe("/sign-in?problem=stale");
		expect((await one.call("factors.startTotp")).problem).toBe("PROOF_NEEDED");
	});
});

test("every refusal stands in the audit, without the token", async () => {
	await come(browser(), someone({ email_verified: false }));
	const rows = await db.orm
		.select({ reason: auditEntries.reason, detail: auditEntries.detail })
		.from(auditEntries)
		.where(sql`${auditEntries.action} = 'session.open' and ${auditEntries.outcome} = 'denied'`);
	expect(rows.map((row) => row.reason)).toContain("the address is not verified");
	expect(JSON.stringify(rows)).not.toMatch(/eyJ/);
});
