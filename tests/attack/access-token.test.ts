import { createHash, createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { eq } from "drizzle-orm";
import { CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { signingKeys } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import { unseal } from "@/server/core/vault";
import { testDatabase } from "@/tests/support";
import { bearer, callRpc, signInProgram, testAccount } from "@/tests/support/programs";

// T15: whatever calls itself an access token, but for those that we signed as we sign them, is refused, and cheaply.

let db: Database;
let good: string;
let header: Record<string, unknown>;
let claims: Record<string, unknown>;
let ours: Awaited<ReturnType<typeof importJWK>>;
let publicKey: JWK;

const encode = (value: unknown) =>
	Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? "", "base64url").toString());

beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	good = (await signInProgram(await testAccount(db))).access_token;
	const [head, body] = good.split(".");
	header = decode(head);
	claims = decode(body);
	const [row] = await db.orm
		.select()
		.from(signingKeys)
		.where(eq(signingKeys.kid, String(header.kid)));
	publicKey = row?.publicKey ?? {};
	const place = { table: "signing_keys", row: String(header.kid), column: "sealed_key", version: 1 };
	ours = await importJWK(JSON.parse(unseal(row?.sealedKey ?? "", place)) as JWK, "EdDSA");
});

/** Signed with our own key, which an attacker has not: what must be refused even then. */
const signed = (head: Record<string, unknown>, payload: unknown) =>
	new CompactSign(Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)))
		.setProtectedHeader(head as { alg: string })
		.sign(ours, { crit: { b64: true, x: true } });
const status = async (token: string) => (await callRpc("auth.me", bearer(token))).status;

test("the one that we signed is taken, also when it is signed anew letter by letter", async () => {
	expect(await status(good)).toBe(200);
	expect(await status(await signed(header, claims))).toBe(200);
});

describe("refused, though our own key signed it", () => {
	const soon = () => Math.floor(Date.now() / 1000) + 300;
	test.each([
		["an expiry that is text", () => ({ ...claims, exp: String(claims.exp) })],
		["an expiry far away", () => ({ ...claims, exp: 9_999_999_999 })],
		["an expiry of another length", () => ({ ...claims, exp: soon() })],
		["a fraction of a second", () => ({ ...claims, exp: Number(claims.exp) + 0.5 })],
		["no expiry", () => ({ ...claims, exp: undefined })],
		["one that has passed", () => ({ ...claims, iat: 1_700_000_000, exp: 1_700_000_600 })],
		["a list of audiences", () => ({ ...claims, aud: [claims.aud, "urn:other"] })],
		["another audience", () => ({ ...claims, aud: "urn:quarterdeck:invite" })],
		["another issuer", () => ({ ...claims, iss: "https://evil.test" })],
		["a person who is not the session's", () => ({ ...claims, sub: "00000000-0000-4000-8000-000000000000" })],
		["a session that is none", () => ({ ...claims, sid: "00000000-0000-4000-8000-000000000000" })],
		["SQL for a session", () => ({ ...claims, sid: "' or 1=1 --" })],
		["another version", () => ({ ...claims, ver: 2 })],
		["a role of its own", () => ({ ...claims, role: "owner" })],
		["no claims", () => ({})],
		["a list for claims", () => []],
		["NaN", () => JSON.stringify(claims).replace(String(claims.exp), "NaN")],
		["1e99", () => JSON.stringify(claims).replace(String(claims.exp), "1e99")],
		["the same number written otherwise", () => JSON.stringify(claims).replace(String(claims.exp), `${claims.exp}.0`)],
		["a claim twice", () => JSON.stringify(claims).replace("{", '{"exp":9999999999,')],
		["blanks between claims", () => JSON.stringify(claims, null, " ")],
		["what is no JSON", () => "exp"],
	])("%s", async (_, make) => {
		expect(await status(await signed(header, make()))).toBe(401);
	});

	test.each([
		["the type of any JWT", () => ({ ...header, typ: "JWT" })],
		["the type of an invitation", () => ({ ...header, typ: "invite+jwt" })],
		["no type", () => ({ alg: header.alg, kid: header.kid })],
		["no key id", () => ({ alg: header.alg, typ: header.typ })],
		["a path for a key id", () => ({ ...header, kid: "../../../../dev/null" })],
		["SQL for a key id", () => ({ ...header, kid: `${header.kid}' or '1'='1` })],
		["a key of its own", () => ({ ...header, jwk: publicKey })],
		["an address of keys", () => ({ ...header, jku: "https://evil.test/jwks" })],
		["an address of certificates", () => ({ ...header, x5u: "https://evil.test/x5u" })],
		["a critical extension", () => ({ ...header, crit: ["x"], x: 1 })],
		["the same header in another order", () => ({ kid: header.kid, typ: header.typ, alg: header.alg })],
	])("%s in its header", async (_, make) => {
		expect(await status(await signed(make() as Record<string, unknown>, claims))).toBe(401);
	});

	test("a payload that is not encoded", async () => {
		const [, payload, signature] = good.split(".");
		const head = encode({ ...header, b64: false, crit: ["b64"] });
		expect(await status(`${head}.${payload}.${signature}`)).toBe(401);
	});

	test("a header with a name twice", async () => {
		const twice = encode(JSON.stringify(header).replace("{", '{"alg":"none",'));
		const [, payload, signature] = good.split(".");
		expect(await status(`${twice}.${payload}.${signature}`)).toBe(401);
	});
});

describe("refused, as we did not sign it", () => {
	test.each(["none", "None", "NONE", "nOnE", ""])("algorithm %j, with and without a signature", async (alg) => {
		const [, payload, signature] = good.split(".");
		for (const end of ["", signature, encode("x")])
			expect(await status(`${encode({ ...header, alg })}.${payload}.${end}`)).toBe(401);
	});

	test("an HMAC with the public key as its secret, in every form of that", async () => {
		const body = `${encode({ ...header, alg: "HS256" })}.${encode(claims)}`;
		const secrets = [JSON.stringify(publicKey), String(publicKey.x), Buffer.from(String(publicKey.x), "base64url")];
		for (const secret of [...secrets, "", "secret"])
			expect(await status(`${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`)).toBe(401);
	});

	test("another key of the same kind, also under our key id and with its own public half sent along", async () => {
		const pair = await generateKeyPair("EdDSA");
		const jwk = await exportJWK(pair.publicKey);
		for (const head of [header, { ...header, jwk }])
			expect(
				await status(
					await new CompactSign(Buffer.from(JSON.stringify(claims)))
						.setProtectedHeader(head as { alg: string })
						.sign(pair.privateKey),
				),
			).toBe(401);
	});

	test("any letter of a good one changed, any part missing or doubled", async () => {
		const parts = good.split(".");
		const answers = new Set<number>();
		for (let at = 0; at < good.length; at += 5) {
			const changed = `${good.slice(0, at)}${good[at] === "A" ? "B" : "A"}${good.slice(at + 1)}`;
			answers.add(await status(changed));
		}
		for (const odd of [
			`${good}.`,
			`.${good}`,
			`${good}=`,
			`${parts[0]}.${parts[1]}`,
			`${parts[0]}..${parts[2]}`,
			"..",
			"a.b.c",
		])
			answers.add(await status(odd));
		expect([...answers]).toEqual([401]);
	});

	const Row = z.object({ jws: z.string(), comment: z.string().optional() });
	const file = new URL("../../../shared/corpora/jws_wycheproof.jsonl", import.meta.url);
	const corpus = existsSync(file)
		? readFileSync(file, "utf8")
				.split("\n")
				.filter(Boolean)
				.map((line) => Row.parse(JSON.parse(line)).jws)
		: [];
	test(`${corpus.length} tokens of others, good and bad`, async () => {
		const answers = new Set<number>([401]);
		for (const jws of corpus) if (/^\S+$/.test(jws)) answers.add(await status(jws));
		expect([...answers]).toEqual([401]);
	});
});

test("a bad one costs little, whatever it is: nothing long is read, and the database is hardly asked", async () => {
	const long = "A".repeat(1024 * 1024);
	const [head, payload] = good.split(".");
	const bad = [
		long,
		`${head}.${long}.${long}`,
		`${long}.${payload}.x`,
		`${".".repeat(1024 * 1024)}`,
		`${head}.${payload}.${encode(createHash("sha512").digest())}`,
	];
	// What is first needed is loaded before.
	for (const token of bad) await status(token);
	const before = process.cpuUsage();
	for (let round = 0; round < 20; round += 1) for (const token of bad) expect(await status(`${token}`)).toBe(401);
	const { user, system } = process.cpuUsage(before);
	// Microseconds a call, with all that a call is besides: far from what reading a megabyte as JSON would take.
	expect((user + system) / (20 * bad.length)).toBeLessThan(50_000);
});
