import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending, oauthCodes, sessions } from "@/db/schema";
import { findSessionActor } from "@/server/auth/service";
import { useDatabase } from "@/server/core/database";
import { endSession } from "@/server/sessions/service";
import { testContext, testDatabase } from "@/tests/support";
import { type Door, openDoor } from "@/tests/support/door";
import { callback } from "@/tests/support/mcp-program";
import { oauthWorld, verifier, wish } from "@/tests/support/oauth";
import { askTokens } from "@/tests/support/programs";
import type { AuthorizationRequest } from "./contract";
import { lookAtRequest, revokeProgram } from "./service";

let db: Database;
let origin: string;
let world: ReturnType<typeof oauthWorld>;
let door: Door;

beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	door = await openDoor();
	origin = door.url;
	world = oauthWorld(db, origin);
});
afterAll(() => {
	door?.close();
});

test("nobody gives what they don't hold or were not asked for, and what is dangerous takes a fresh proof", async () => {
	const { program: one } = await world.program();
	const all = wish(one.id, { scope: "knowledge:read users:read audit:read nonsense" });
	const staff = await world.browser("staff");
	expect(await lookAtRequest(staff, all)).toMatchObject({
		scopes: [{ scope: "knowledge:read", isDangerous: false }],
		missing: ["users:read", "audit:read"],
	});
	await expect(world.decide(staff, all, ["users:read"])).rejects.toMatchObject({ code: "FORBIDDEN" });
	const admin = await world.browser("admin", 11);
	await expect(world.decide(admin, all, ["prompts:read"])).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(world.decide(admin, all, ["users:read"])).rejects.toMatchObject({ code: "PROOF_NEEDED" });
	expect((await world.decide(admin, all, ["knowledge:read"])).get("code")).toMatch(/^qd_oc_/);
	const fresh = await world.browser("admin");
	expect((await world.decide(fresh, all, ["users:read"])).get("code")).toMatch(/^qd_oc_/);
});

test("a no reaches the program, and is written down", async () => {
	const person = await world.browser();
	const { program: one } = await world.program();
	const answer = await world.decide(person, wish(one.id), []);
	expect(Object.fromEntries(answer)).toMatchObject({ error: "access_denied", state: "a state", iss: origin });
	expect(answer.has("code")).toBe(false);
	const rows = await db.orm.select().from(auditPending).where(eq(auditPending.resourceId, one.id));
	expect(rows.map(({ action }) => action)).toContain("program.refuse");
});

test("only a person in a browser lets programs in", async () => {
	const { program: one } = await world.program();
	const account = await world.browser();
	await db.orm.update(sessions).set({ kind: "program" }).where(eq(sessions.userId, account.actor.userId));
	await expect(world.decide(account, wish(one.id))).rejects.toMatchObject({ code: "FORBIDDEN" });
	const nameless = { ...account, actor: { ...account.actor, sessionId: null } };
	await expect(world.decide(nameless, wish(one.id))).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("an unknown program or address is told to the person and nobody is sent there", async () => {
	const person = await world.browser();
	const { program: one } = await world.program({ redirectUris: [callback, "https://app.example.test/back?of=us"] });
	const wrong: AuthorizationRequest[] = [
		wish(randomUUID()),
		wish("nobody"),
		{ ...wish(one.id), redirect_uri: undefined },
		...[
			"https://app.example.test/back",
			"https://app.example.test/back?of=us&more=1",
			"https://app.example.test.evil.test/back?of=us",
			"https://evil.test/",
			"http://127.0.0.1:7777/callback/",
			"http://127.0.0.1:7777/callback?x=1",
			"http://localhost:7777/callback",
			"https://127.0.0.1:7777/callback",
			"http://me@127.0.0.1:7777/callback",
			"javascript:alert(1)",
		].map((redirect_uri) => wish(one.id, { redirect_uri })),
	];
	for (const request of wrong) {
		expect(await lookAtRequest(person, request), request.redirect_uri).toMatchObject({ kind: "problem", back: null });
		await expect(world.decide(person, request)).rejects.toMatchObject({ code: "INVALID_INPUT" });
	}
	for (const redirect_uri of ["https://app.example.test/back?of=us", "http://127.0.0.1:50123/callback"])
		expect(await lookAtRequest(person, wish(one.id, { redirect_uri }))).toMatchObject({ kind: "ask" });
});

test("what else is wrong is the program's to hear", async () => {
	const person = await world.browser();
	const { program: one } = await world.program();
	const cases: [AuthorizationRequest, string][] = [
		[{ response_type: "token" }, "unsupported_response_type"],
		[{ code_challenge: undefined }, "invalid_request"],
		[{ code_challenge_method: "plain" }, "invalid_request"],
		[{ code_challenge_method: undefined }, "invalid_request"],
		[{ resource: "https://elsewhere.test/api/mcp" }, "invalid_target"],
		[{ scope: "nonsense" }, "invalid_scope"],
	];
	for (const [more, word] of cases) {
		const asking = await lookAtRequest(person, wish(one.id, more));
		expect(asking).toMatchObject({ kind: "problem", back: { host: "127.0.0.1:7777" } });
		const back = new URL((asking.kind === "problem" && asking.back?.redirectTo) || origin).searchParams;
		expect([back.get("error"), back.get("state")]).toEqual([word, "a state"]);
		await expect(world.decide(person, wish(one.id, more))).rejects.toMatchObject({ error: word });
	}
});

test("a code is good once, for its program, address and verifier, within its minute", async () => {
	const person = await world.browser();
	const [{ program: one }, { program: other }] = [await world.program(), await world.program()];
	const refused = async (code: string, clientId: string, more?: Record<string, string>) => {
		const answer = await world.exchange(clientId, code, more);
		expect(answer).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
		expect((await world.exchange(one.id, code)).status).toBe(400);
	};
	await refused(await world.codeFor(person, one.id), other.id);
	await refused(await world.codeFor(person, one.id), one.id, { code_verifier: "b".repeat(43) });
	await refused(await world.codeFor(person, one.id), one.id, { redirect_uri: "http://127.0.0.1:7778/callback" });
	const late = await world.codeFor(person, one.id);
	await db.orm.update(oauthCodes).set({ expiresAt: sql`now()` }).where(sql`${oauthCodes.usedAt} is null`);
	await refused(late, one.id);
	const left = await world.codeFor(person, one.id);
	await db.orm
		.update(sessions)
		.set({ revokedAt: sql`now()` })
		.where(eq(sessions.id, person.actor.sessionId ?? ""));
	await refused(left, one.id);
});

test("a code that comes twice ends what it was changed for, also when both come at once", async () => {
	const person = await world.browser();
	const { program: one } = await world.program();
	const code = await world.codeFor(person, one.id);
	const { body } = await world.exchange(one.id, code);
	expect((await world.exchange(one.id, code)).body.error).toBe("invalid_grant");
	expect((await world.refreshed(one.id, body.refresh_token)).body.error).toBe("invalid_grant");
	expect((await world.list(body.access_token)).status).toBe(401);
	const again = await world.codeFor(person, one.id);
	await Promise.all(Array.from({ length: 6 }, () => world.exchange(one.id, again)));
	const open = await db.orm
		.select()
		.from(sessions)
		.where(and(eq(sessions.clientId, one.id), sql`${sessions.revokedAt} is null`));
	expect(open).toEqual([]);
});

test("a refresh token is its program's, is used once, and another door gives nothing for it", async () => {
	const person = await world.browser();
	const [{ program: one }, { program: other }] = [await world.program(), await world.program()];
	const { body } = await world.exchange(one.id, await world.codeFor(person, one.id));
	expect((await world.refreshed(other.id, body.refresh_token)).body.error).toBe("invalid_grant");
	const elsewhere = await askTokens({ grant_type: "refresh_token", refresh_token: body.refresh_token });
	expect(elsewhere.status).toBe(400);
	const wrongPlace = await world.refreshed(one.id, body.refresh_token, { resource: "https://elsewhere.test" });
	expect(wrongPlace.body.error).toBe("invalid_target");
	const next = await world.refreshed(one.id, body.refresh_token, { resource: `${origin}/api/mcp` });
	expect(next.status).toBe(200);
	expect((await world.list(next.body.access_token)).status).toBe(200);
});

test("a program with a secret has to show it, once and in one place", async () => {
	const person = await world.browser();
	const { program: one, secret } = await world.program({ withSecret: true });
	expect(secret).toMatch(/^qd_cs_/);
	const code = await world.codeFor(person, one.id);
	expect(await world.exchange(one.id, code)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
	expect((await world.exchange(one.id, code, { client_secret: "qd_cs_wrong" })).status).toBe(401);
	const basic = { authorization: `Basic ${Buffer.from(`${one.id}:${secret}`).toString("base64")}` };
	const form = { grant_type: "authorization_code", code, redirect_uri: callback, code_verifier: verifier };
	expect((await world.post("token", { ...form, client_secret: secret ?? "" }, basic)).body.error).toBe(
		"invalid_request",
	);
	const { status, body } = await world.post("token", form, basic);
	expect(status).toBe(200);
	expect((await world.refreshed(one.id, body.refresh_token)).status).toBe(401);
	expect((await world.refreshed(one.id, body.refresh_token, { client_secret: secret ?? "" })).status).toBe(200);
});

test("a program that is revoked, and one whose session its person ends, are out at once", async () => {
	const person = await world.browser();
	const admin = await testContext(db, { role: "admin" });
	const { program: one } = await world.program();
	const first = await world.exchange(one.id, await world.codeFor(person, one.id));
	const second = await world.exchange(one.id, await world.codeFor(person, one.id));
	const [session] = await db.orm
		.select()
		.from(sessions)
		.where(eq(sessions.clientId, one.id))
		.orderBy(sessions.createdAt);
	await endSession(person, { sessionId: session?.id ?? "" });
	expect((await world.list(first.body.access_token)).status).toBe(401);
	expect((await world.list(second.body.access_token)).status).toBe(200);
	const waiting = await world.codeFor(person, one.id);
	expect(await revokeProgram(admin, { programId: one.id })).toMatchObject({ state: "revoked", sessions: 0 });
	expect((await world.refreshed(one.id, second.body.refresh_token)).status).toBe(401);
	expect((await world.exchange(one.id, waiting)).status).toBe(401);
	expect(await lookAtRequest(person, wish(one.id))).toMatchObject({ kind: "problem", back: null });
	expect(await findSessionActor(db, session?.id ?? "")).toBeNull();
});

test("a token can be handed back", async () => {
	const person = await world.browser();
	const { program: one } = await world.program();
	const { body } = await world.exchange(one.id, await world.codeFor(person, one.id));
	expect((await world.post("revoke", { client_id: one.id, token: body.refresh_token ?? "" })).status).toBe(200);
	expect((await world.refreshed(one.id, body.refresh_token)).body.error).toBe("invalid_grant");
});

test("what is no form, too long, twice or of another kind is refused", async () => {
	const json = await fetch(`${origin}/oauth/token`, {
		method: "POST",
		body: "{}",
		headers: { "content-type": "application/json" },
	});
	expect(json.status).toBe(415);
	expect((await world.post("token", { grant_type: "password" })).body.error).toBe("unsupported_grant_type");
	expect((await world.post("token", { grant_type: "refresh_token", refresh_token: "x".repeat(20_000) })).status).toBe(
		413,
	);
	const twice = await fetch(`${origin}/oauth/token`, {
		method: "POST",
		body: "grant_type=refresh_token&client_id=a&client_id=b&refresh_token=c",
		headers: { "content-type": "application/x-www-form-urlencoded" },
	});
	expect(await twice.json()).toMatchObject({ error: "invalid_request" });
});
