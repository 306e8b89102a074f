import { randomBytes } from "node:crypto";
import { CompactSign, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { useDatabase } from "@/server/core/database";
import { currentSigner } from "@/server/tokens/signing-keys";
import { testDatabase } from "@/tests/support";
import { corpus } from "@/tests/support/corpora";
import { bearer, callRpc, signInProgram, testAccount } from "@/tests/support/programs";

// T15: what looks like a token of ours and is none.

let db: Database;
let good: string;
let claims: Record<string, unknown>;
let header: Record<string, unknown>;
let signer: Awaited<ReturnType<typeof currentSigner>>;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	good = (await signInProgram(await testAccount(db))).access_token;
	[header, claims] = good.split(".").slice(0, 2).map(read) as [typeof header, typeof claims];
	signer = await currentSigner(db);
});

const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
const part = (value: unknown) =>
	Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

async function isRefused(token: string): Promise<void> {
	const answer = await callRpc("auth.me", bearer(token));
	expect([400, 401], token.slice(0, 200)).toContain(answer.status);
}

/** Signed by our own key, with a payload of these letters. */
const sign = (payload: string, more: Record<string, unknown> = {}) =>
	new CompactSign(Buffer.from(payload))
		.setProtectedHeader({ ...signer.header, ...more } as never)
		.sign(signer.key as never);

test("the real one is taken, so that the refusals below are about what was changed", async () => {
	expect((await callRpc("auth.me", bearer(good))).status).toBe(200);
	expect((await callRpc("auth.me", bearer(await sign(JSON.stringify(claims))))).status).toBe(200);
});

test("no signature of anybody else, and none at all", async () => {
	const [, payload = "", signature = ""] = good.split(".");
	for (const alg of ["none", "None", "NONE", "nOnE", ""])
		for (const end of ["", signature, "AA"]) await isRefused(`${part({ ...header, alg })}.${payload}.${end}`);
	const { privateKey, publicKey } = await generateKeyPair("EdDSA");
	await isRefused(await new SignJWT(claims).setProtectedHeader({ ...header, alg: "EdDSA" }).sign(privateKey));
	// Its own key in the header, or a place to get it from.
	const jwk = await exportJWK(publicKey);
	for (const more of [{ jwk }, { jku: "http://127.0.0.1:9/jwks" }, { x5u: "http://127.0.0.1:9/x" }, { x5c: ["AA=="] }])
		await isRefused(
			await new SignJWT(claims).setProtectedHeader({ ...header, ...more, alg: "EdDSA" }).sign(privateKey),
		);
	// Our public key as the secret of another algorithm.
	for (const secret of [Buffer.from(JSON.stringify(jwk)), Buffer.from(jwk.x ?? "", "base64url"), randomBytes(32)])
		await isRefused(await new SignJWT(claims).setProtectedHeader({ ...header, alg: "HS256" }).sign(secret));
});

test("no key is looked for where a header says", async () => {
	const { privateKey } = await generateKeyPair("EdDSA");
	const kids = [
		"",
		"../../../../dev/null",
		"/etc/passwd",
		"' or '1'='1",
		"x' union select 'AA'--",
		"__proto__",
		"constructor",
	];
	for (const kid of [...kids, "a".repeat(10_000), null, 1, {}, ["x"]])
		await isRefused(
			await new CompactSign(Buffer.from(JSON.stringify(claims)))
				.setProtectedHeader({ ...header, alg: "EdDSA", kid } as never)
				.sign(privateKey)
				.catch(() => `${part({ ...header, kid })}.${part(claims)}.AA`),
		);
});

test("no header of ours with something added or changed, though we signed it", async () => {
	const payload = JSON.stringify(claims);
	for (const more of [
		{ typ: "JWT" },
		{ typ: "refresh" },
		{ cty: "JWT" },
		{ x: 1 },
		{ jku: "https://evil.test" },
		{ typ: undefined },
	])
		await isRefused(await sign(payload, more));
	for (const letters of [
		`{"alg":"EdDSA","typ":"at+jwt","kid":"${header.kid}","kid":"x"}`,
		`{"alg":"EdDSA", "typ":"at+jwt","kid":"${header.kid}"}`,
	])
		await isRefused(`${part(letters)}.${part(payload)}.${good.split(".")[2]}`);
	for (const extension of [{ crit: ["exp"], exp: 1 }, { b64: false, crit: ["b64"] }, { crit: [] }])
		await isRefused(`${part({ ...header, ...extension })}.${part(payload)}.${good.split(".")[2]}`);
});

const changes: Record<string, unknown>[] = [
	{ exp: undefined },
	{ exp: "9999999999" },
	{ exp: 1e99 },
	{ exp: -1 },
	{ exp: 1 },
	{ exp: null },
	{ exp: 9_999_999_999 },
	{ exp: [9_999_999_999] },
	{ iat: undefined },
	{ iat: 9_999_999_000, exp: 9_999_999_600 },
	{ nbf: 9_999_999_999 },
	{ aud: ["urn:quarterdeck:api"] },
	{ aud: ["urn:quarterdeck:api", "other"] },
	{ aud: "other" },
	{ aud: undefined },
	{ iss: "https://evil.test" },
	{ iss: undefined },
	{ sub: undefined },
	{ sub: "' or 1=1 --" },
	{ sub: { $ne: null } },
	{ sid: undefined },
	{ sid: "00000000-0000-4000-8000-000000000000" },
	{ sid: ["x"] },
	{ ver: undefined },
	{ ver: 99 },
	{ ver: "0" },
	{ role: "owner" },
	{ scope: "owners:write" },
];
test.each(changes)("no claims of another shape, though we signed them: %o", async (change) => {
	await isRefused(await sign(JSON.stringify({ ...claims, ...change })));
});

test("no claims that two readers could read in two ways", async () => {
	const text = JSON.stringify(claims);
	const doubled = text.replace("{", `{"sub":"${claims.sub}",`);
	const spellings = [
		doubled,
		text.replace('"exp":', '"exp":1,"exp":'),
		text.replace('"exp":', '"\\u0065xp":'),
		` ${text}`,
		`${text}\n`,
	];
	for (const payload of [...spellings, text.replace(/"exp":\d+/, '"exp":NaN'), "null", "[]", '"x"', "1", "{}", "", "{"])
		await isRefused(await sign(payload));
});

test("no token that is cut, joined, padded, encoded otherwise or endless; and none costs much", async () => {
	const [head = "", body = "", signature = ""] = good.split(".");
	const shapes = [
		...["", ".", "..", "...", head, `${head}.`, `${head}.${body}`, `${head}.${body}.`, `.${body}.${signature}`],
		...[
			`${good}.`,
			`${good}.x`,
			`${good}.${good}`,
			`${good}=`,
			`${good}A`,
			good.slice(0, -1),
			` ${good}`.replace(" ", "%20"),
		],
		...[
			good.toUpperCase(),
			good.replaceAll(".", "%2e"),
			`${head}.${body}.${signature.slice(0, -2)}AA`,
			`e30.${body}.${signature}`,
		],
		...[JSON.stringify({ protected: head, payload: body, signature }), "null", "undefined", "[object Object]"],
		...[
			"a".repeat(1_000_000),
			`${"a".repeat(300_000)}.${"b".repeat(300_000)}.${"c".repeat(300_000)}`,
			".".repeat(1_000_000),
		],
		`${head}.${part({ ...claims, x: "y".repeat(1_000_000) })}.${signature}`,
	];
	const started = performance.now();
	for (const token of shapes) await isRefused(token);
	expect(performance.now() - started).toBeLessThan(shapes.length * 50);
});

type Case = { jws?: unknown; jwt?: unknown; result?: string };
const known = corpus<Case>("jws_wycheproof", [
	{ jws: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0." },
	{ jws: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
]);

describe("the published forgeries", () => {
	test("open nothing", async () => {
		let tried = 0;
		for (const one of known) {
			const token = one.jws ?? one.jwt;
			if (typeof token !== "string") continue;
			// What no header can carry never arrives.
			if (/[^\x21-\x7e]/.test(token)) continue;
			await isRefused(token);
			tried += 1;
		}
		expect(tried).toBeGreaterThan(1);
	});
});
