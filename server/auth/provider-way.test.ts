import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import { users } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import { testDatabase } from "@/tests/support";
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
describe("the way to the provider and back", () => {
	const begun = async (one: Browser) => new URL(await one.toProvider());

	test("asks with state, nonce and PKCE, whatever the address adds", async () => {
		const one = browser();
		const extra =
			"redirect_uri=https%3A%2F%2Fevil.test&code_challenge_method=plain&response_type=token&state=x&scope=all";
		const csrf = (await one.get("/api/auth/csrf")).body as { csrfToken: string };
		const answer = await one.send(`/api/auth/signin/oidc?${extra}`, {
			method: "POST",
			headers: { "content-type": "application/x-www-form-urlencoded", origin },
			body: new URLSearchParams({ ...csrf, json: "true" }).toString(),
		});
		const { searchParams } = new URL(((await answer.json()) as { url: string }).url);
		expect(Object.fromEntries(searchParams)).toMatchObject({
			client_id: "quarterdeck",
			redirect_uri: callback,
			response_type: "code",
			scope: "openid email profile",
			code_challenge_method: "S256",
			state: expect.stringMatching(/^[\w-]{40,}$/),
			nonce: expect.stringMatching(/^[\w-]{40,}$/),
		});
	});

	/** What an attacker changes on the way back, and what the honest browser then gets. */
	const tampered: [string, (back: URL, one: Browser) => void | Promise<void>][] = [
		["no state", (back) => back.searchParams.delete("state")],
		["another state", (back) => back.searchParams.set("state", "x".repeat(43))],
		["no state cookie", (_, one) => void one.jar.delete("next-auth.state")],
		["no nonce cookie", (_, one) => void one.jar.delete("next-auth.nonce")],
		["no PKCE cookie", (_, one) => void one.jar.delete("next-auth.pkce.code_verifier")],
		["another issuer", (back) => back.searchParams.set("iss", "https://evil.test")],
		["no issuer", (back) => back.searchParams.delete("iss")],
		["another code", (back) => back.searchParams.set("code", "stolen")],
		["no code", (back) => back.searchParams.delete("code")],
		["a token in its place", (back) => back.searchParams.set("id_token", "e30.e30.e30")],
		[
			"a code of another flow",
			async (back) => {
				const thief = await provider.signInAt((await begun(browser())).href, someone().sub);
				back.searchParams.set("code", new URL(thief).searchParams.get("code") ?? "");
			},
		],
		[
			"nonce and verifier of another flow",
			async (_, one) => {
				const other = browser();
				await begun(other);
				for (const name of ["next-auth.nonce", "next-auth.pkce.code_verifier"])
					one.jar.set(name, other.jar.get(name) ?? "");
			},
		],
	];
	test.each(tampered)("leads nowhere with %s", async (what, change) => {
		const one = browser();
		const back = new URL(await provider.signInAt((await begun(one)).href, someone().sub));
		await change(back, one);
		const answer = await one.get(`${back.pathname}${back.search}`);
		expect([...one.jar.keys()], what).not.toContain("qd_session");
		expect(await isIn(one)).toBe(false);
		if (what !== "a token in its place") expect(answer.location).toContain("error=");
	});

	test("serves once: the same answer again, with the cookies of before, opens nothing", async () => {
		const one = browser();
		const address = (await begun(one)).href;
		const kept = new Map(one.jar);
		const back = (await provider.signInAt(address, someone().sub)).slice(origin.length);
		await one.get(back);
		expect(await isIn(one)).toBe(true);
		const again = browser();
		for (const [name, value] of kept) again.jar.set(name, value);
		await again.get(back);
		expect(await isIn(again)).toBe(false);
	});

	test("another's answer signs nobody in: the browser did not ask for it", async () => {
		const attacker = browser();
		const back = (await provider.signInAt((await begun(attacker)).href, someone().sub)).slice(origin.length);
		const victim = browser();
		await victim.get(back);
		expect(await isIn(victim)).toBe(false);
	});

	test("says that the provider can't be reached", async () => {
		await provider.stop();
		const one = browser();
		expect(await one.toProvider()).toContain("error=OAuthSignin");
		provider = await startOidc(issuer, callback);
	});
});

const ownRedirects = [
	"https://evil.test",
	"//evil.test",
	"/\\evil.test",
	"\\\\evil.test",
	"/\t/evil.test",
	"/\n/evil.test",
	"/.//evil.test",
	"/x/..//evil.test",
	"javascript:alert(1)",
	"data:text/html,x",
	"http:evil.test",
	"https:/evil.test",
	`${"http://localhost:3000"}@evil.test`,
	`${"http://localhost:3000"}.evil.test/`,
	"",
];
const corpus = "../shared/corpora/open_redirect.jsonl";
const redirects = existsSync(corpus)
	? [
			...ownRedirects,
			...readFileSync(corpus, "utf8")
				.trim()
				.split("\n")
				.map((line) => (JSON.parse(line) as { payload: string }).payload),
		]
	: ownRedirects;

test("after signing in nobody is sent elsewhere, whatever callbackUrl says", async () => {
	const cora = someone();
	await come(browser(), cora);
	const ana = await account();
	for (const callbackUrl of redirects) {
		const one = browser();
		await one.toProvider({ callbackUrl });
		const stored = decodeURIComponent(one.jar.get("next-auth.callback-url") ?? origin);
		expect(new URL(stored).origin, callbackUrl).toBe(origin);
		expect(new URL(stored).pathname, callbackUrl).not.toMatch(/^\/\//);
	}
	// All of them take the same way; one is followed to its end.
	const one = browser();
	const back = await provider.signInAt(await one.toProvider({ callbackUrl: "/.//evil.test" }), cora.sub);
	expect((await one.get(back.slice(origin.length))).location).toBe(`${origin}/`);
	await browser().submit("credentials", { email: ana.email, password, callbackUrl: "//evil.test" });
}, 60_000);
