import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { apiKeys, auditEntries, runs, sessions, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { type Permission, permissionsOfRole, type Role } from "@/server/core/permissions";
import { testContext, testUser } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { bearer, callRpc } from "@/tests/support/programs";
import { CreateKey } from "./contract";
import { isInNetworks, readNetwork } from "./networks";
import { newKey, newPrefix, readPrefix } from "./secret";
import { createKey, findKeyActors, listAllKeys, listKeys, revokeAnyKey, revokeKey, rotateKey } from "./service";

let db: Database;
beforeAll(async () => {
	({ db } = await agentsDatabase());
	useDatabase(db);
});

type Wanted = Partial<CreateKey>;
async function makeKey(wanted: Wanted = {}, who: { role?: Role } | UserActor = { role: "staff" }) {
	const ctx = await testContext(db, who);
	const input = CreateKey.parse({
		name: "Ledger",
		scopes: ["account:read", "runs:read"],
		expiresInDays: 30,
		...wanted,
	});
	const { key, secret } = await createKey(ctx, input);
	return { ctx, key, secret, userId: key.owner.id };
}
const status = async (secret: string, path = "auth.me", input?: unknown) =>
	(await callRpc(path, bearer(secret), { input })).status;

describe("a key", () => {
	test("is shown once, and stands nowhere in the database or the audit", async () => {
		const { key, secret } = await makeKey();
		expect(secret).toMatch(/^qd_live_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$/);
		expect(secret.startsWith(key.prefix) && secret.endsWith(key.lastFour)).toBe(true);
		const middle = secret.slice(key.prefix.length + 1, -4);
		expect(JSON.stringify(await db.orm.select().from(apiKeys))).not.toContain(middle);
		expect(JSON.stringify(await db.orm.select().from(auditEntries))).not.toContain(middle);
	});

	test("does what its owner and it may both do, at this moment", async () => {
		const { secret, userId } = await makeKey({ scopes: ["account:read", "users:read"] }, { role: "admin" });
		expect([await status(secret), await status(secret, "users.list"), await status(secret, "runs.list")]).toEqual([
			200, 200, 403,
		]);
		await db.orm.update(users).set({ role: "staff" }).where(eq(users.id, userId));
		const { secret: other } = await makeKey({ scopes: ["runs:read"] }, { role: "staff" });
		expect(await status(other)).toBe(403);
		expect((await findKeyActors(db, [await idOf(secret)])).values().next().value?.scopes).toEqual(
			new Set(["account:read"]),
		);
	});

	test("is never wider than who makes it", async () => {
		await expect(makeKey({ scopes: ["account:read", "users:write"] })).rejects.toMatchObject({
			code: "FORBIDDEN",
			message: expect.stringContaining("users:write"),
		});
	});

	test("rights are the intersection for any role and scopes", async () => {
		const scopes = fc.subarray(permissionsOfRole("owner"), { minLength: 1 });
		const roles = fc.constantFrom<Role>("owner", "admin", "builder", "operator", "staff", "viewer", "auditor");
		const owner = await testUser(db, { role: "owner" });
		await fc.assert(
			fc.asyncProperty(scopes, roles, async (wanted, role) => {
				await db.orm.update(users).set({ role: "owner" }).where(eq(users.id, owner.userId));
				const { key } = await makeKey({ scopes: wanted }, owner);
				await db.orm.update(users).set({ role }).where(eq(users.id, owner.userId));
				const actor = (await findKeyActors(db, [key.id])).get(key.id);
				const held = new Set<Permission>(permissionsOfRole(role));
				expect([...(actor?.scopes ?? [])].sort()).toEqual(wanted.filter((one) => held.has(one)).sort());
				expect(actor?.owner.permissions).toEqual(actor?.scopes);
				await revokeKey(await testContext(db, owner), { keyId: key.id });
			}),
			{ numRuns: 40 },
		);
	});

	test("that was revoked, has ended, or whose owner is out, is refused", async () => {
		const revoked = await makeKey();
		await revokeKey(revoked.ctx, { keyId: revoked.key.id });
		await revokeKey(revoked.ctx, { keyId: revoked.key.id });
		const expired = await makeKey();
		await db.orm.update(apiKeys).set({ expiresAt: sql`now()` }).where(eq(apiKeys.id, expired.key.id));
		const disabled = await makeKey();
		await db.orm.update(users).set({ disabledAt: sql`now()` }).where(eq(users.id, disabled.userId));
		const deleted = await makeKey();
		await db.orm.execute(sql`delete from users where id = ${deleted.userId}`);
		for (const { secret } of [revoked, expired, disabled, deleted]) expect(await status(secret)).toBe(401);
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, revoked.key.id));
		expect(rows.map(({ action }) => action).sort()).toEqual(["key.create", "key.revoke"]);
	});

	test("with one letter changed, cut or lengthened is refused before the database is asked", async () => {
		const { secret } = await makeKey();
		const prefix = readPrefix(secret);
		expect(prefix).not.toBeNull();
		for (let at = 8; at < secret.length; at += 1) {
			const changed = `${secret.slice(0, at)}${secret[at] === "a" ? "b" : "a"}${secret.slice(at + 1)}`;
			expect(readPrefix(changed), changed).toBeNull();
		}
		for (const odd of [secret.slice(0, -1), `${secret}0`, ` ${secret}`, secret.toUpperCase(), "qd_live_", ""])
			expect(readPrefix(odd)).toBeNull();
		expect(await status(newKey(prefix ?? ""))).toBe(401);
		expect(await status(newKey(newPrefix()))).toBe(401);
	});

	test("goes on with a new secret while the old one still works, and only one old one does", async () => {
		const { ctx, key, secret } = await makeKey();
		const second = await rotateKey(ctx, { keyId: key.id, keepOldHours: 24 });
		expect([await status(secret), await status(second.secret)]).toEqual([200, 200]);
		expect(second.key.previous?.lastFour).toBe(key.lastFour);
		const third = await rotateKey(ctx, { keyId: key.id, keepOldHours: 1 });
		expect([await status(second.secret), await status(third.secret)]).toEqual([200, 200]);
		expect(await fresh(secret)).toBe(401);
		await db.orm.update(apiKeys).set({ previousUntil: sql`now()` }).where(eq(apiKeys.id, key.id));
		expect(await fresh(second.secret)).toBe(401);
		const last = await rotateKey(ctx, { keyId: key.id, keepOldHours: 0 });
		expect([await fresh(third.secret), await status(last.secret)]).toEqual([401, 200]);
	});

	test("is not renewed once its owner holds less than it", async () => {
		const { key, userId } = await makeKey({ scopes: ["users:read", "account:read"] }, { role: "admin" });
		await db.orm.update(users).set({ role: "staff" }).where(eq(users.id, userId));
		const [demoted] = await db.orm.select({ id: users.id }).from(users).where(eq(users.id, userId));
		const ctx = await testContext(db, { ...(await testUser(db)), userId: demoted?.id ?? "" });
		await expect(rotateKey(ctx, { keyId: key.id, keepOldHours: 0 })).rejects.toMatchObject({ code: "FORBIDDEN" });
	});

	test("belongs to one person: another neither sees nor changes it, but who manages keys does", async () => {
		const { key } = await makeKey();
		const stranger = await testContext(db, { role: "staff" });
		expect((await listKeys(stranger, { limit: 50 })).rows).toEqual([]);
		for (const work of [
			revokeKey,
			(c: typeof stranger, i: { keyId: string }) => rotateKey(c, { ...i, keepOldHours: 0 }),
		])
			await expect(work(stranger, { keyId: key.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
		const admin = await testContext(db, { role: "admin" });
		const all = await listAllKeys(admin, { limit: 200 });
		expect(all.rows.map(({ id }) => id)).toContain(key.id);
		expect(JSON.stringify(all)).not.toMatch(/[0-9A-Za-z]{40}/);
		expect((await revokeAnyKey(admin, { keyId: key.id })).state).toBe("revoked");
	});

	test("makes and renews no keys, whatever its scopes", async () => {
		const { key, secret } = await makeKey({ scopes: ["keys:write", "account:read"] });
		const input = { name: "Child", scopes: ["account:read"], expiresInDays: null };
		const made = await callRpc("keys.create", bearer(secret), { input, isMutation: true });
		const rotated = await callRpc("keys.rotate", bearer(secret), { input: { keyId: key.id }, isMutation: true });
		expect([made.status, rotated.status]).toEqual([403, 403]);
	});

	test("has its own number of calls a minute, beside those of its owner", async () => {
		const { secret, userId } = await makeKey({ callsPerMinute: 3 });
		const answers = [];
		for (let n = 0; n < 5; n += 1) answers.push(await status(secret));
		expect(answers).toEqual([200, 200, 200, 429, 429]);
		const other = await makeKey({}, await testUserOf(userId));
		expect(await status(other.secret)).toBe(200);
	});

	test("starts runs as itself, within its own tokens of the day", async () => {
		const { key, secret } = await makeKey({ scopes: ["runs:write", "runs:read"], tokensPerDay: 10_000 });
		const start = () =>
			callRpc("runs.start", bearer(secret), { input: { question: "How many days?" }, isMutation: true });
		expect((await start()).status).toBe(200);
		const second = await start();
		expect(second).toMatchObject({ status: 429, body: expect.stringContaining("tokens of this key") });
		const [run] = await db.orm.select().from(runs).where(eq(runs.keyId, key.id));
		expect(run).toMatchObject({ userId: key.owner.id, sessionId: null });
		const [row] = await db.orm
			.select()
			.from(auditEntries)
			.where(eq(auditEntries.runId, run?.id ?? ""));
		expect(row).toMatchObject({ actorKind: "apiKey", actorId: key.id, userId: key.owner.id });
		expect(
			(
				await listAllKeys(await testContext(db, { role: "admin" }), {
					limit: 50,
					filter: { ownerId: { eq: key.owner.id } },
				})
			).rows[0]?.tokensToday,
		).toBeGreaterThan(0);
	});

	test("tells when and from where it was last used", async () => {
		const { ctx, secret } = await makeKey();
		await status(secret);
		const [key] = (await listKeys(ctx, { limit: 1 })).rows;
		expect(key).toMatchObject({ lastUsedAddress: "127.0.0.1", lastUsedAt: expect.any(Date) });
	});
});

const idOf = async (secret: string) =>
	(
		await db.orm
			.select({ id: apiKeys.id })
			.from(apiKeys)
			.where(eq(apiKeys.prefix, readPrefix(secret) ?? ""))
	)[0]?.id ?? "";
/** Asked from another address, where nothing is remembered. */
let asked = 0;
const fresh = async (secret: string) => {
	asked += 1;
	return (await callRpc("auth.me", { ...bearer(secret), "x-qd-address": `127.0.0.${asked + 1}` })).status;
};
const testUserOf = async (userId: string): Promise<UserActor> => ({ ...(await testUser(db)), userId });

describe("an address list", () => {
	test.each([
		["203.0.113.7", "203.0.113.7", true],
		["203.0.113.7", "::ffff:203.0.113.7", true],
		["::ffff:203.0.113.0/120", "203.0.113.200", true],
		["203.0.113.0/24", "::ffff:cb00:7107", true],
		["203.0.113.0/24", "203.0.114.1", false],
		["2001:db8::/32", "2001:db8:1::1", true],
		["2001:db8::/32", "2001:db9::1", false],
		["0.0.0.0/0", "2001:db8::1", false],
		["::/0", "203.0.113.7", false],
		["10.0.0.0/8", "", false],
		["10.0.0.0/8", "10.0.0.1, 8.8.8.8", false],
	])("%s has %s: %s", (network, address, isIn) => {
		const kept = readNetwork(network);
		expect(kept).not.toBeNull();
		expect(isInNetworks(address, [kept ?? ""])).toBe(isIn);
	});

	test.each(["10.1", "0x7f.1", "example.org", "10.0.0.0/33", "::/129", "10.0.0.0/", "", "::ffff:1.2.3.4/90"])(
		"takes no %j",
		async (network) => {
			expect(readNetwork(network)).toBeNull();
		},
	);

	test("keeps a key out from elsewhere, which is written down, and lets it in from there", async () => {
		const { key, secret } = await makeKey({ addresses: ["10.0.0.0/8", "2001:db8::1"] });
		const from = async (address: string) =>
			(await callRpc("auth.me", { ...bearer(secret), "x-qd-address": address })).status;
		expect([await from("10.2.3.4"), await from("::ffff:10.2.3.4"), await from("2001:db8::1")]).toEqual([200, 200, 200]);
		expect([await from("11.2.3.4"), await from("127.0.0.1")]).toEqual([401, 401]);
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, key.id));
		expect(rows.filter(({ outcome }) => outcome === "denied").map(({ address }) => address)).toEqual([
			"11.2.3.4",
			"127.0.0.1",
		]);
	});

	test("refuses what is no address when the key is made", async () => {
		await expect(makeKey({ addresses: ["10.0.0.0/8", "intranet"] })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	});
});

describe("a credential", () => {
	test("is shown in one way, in a header, and never in the address", async () => {
		const { secret } = await makeKey();
		const ask = async (headers: Record<string, string>, query = "") =>
			(await callRpc("auth.me", headers, { query })).status;
		expect(await ask(bearer(secret))).toBe(200);
		expect(await ask({ "x-api-key": secret })).toBe(200);
		expect(await ask({ authorization: `bearer ${secret}` })).toBe(200);
		expect(await ask({ ...bearer(secret), "x-api-key": secret })).toBe(401);
		expect(await ask({ ...bearer(secret), cookie: "qd_session=x" })).toBe(401);
		expect(await ask({ authorization: `Basic ${Buffer.from(`x:${secret}`).toString("base64")}` })).toBe(401);
		expect(await ask({ authorization: `Bearer ${secret}, Bearer ${secret}` })).toBe(401);
		expect(await ask({ authorization: secret })).toBe(401);
		expect(await ask({ cookie: `qd_session=${secret}` })).toBe(401);
		for (const name of ["access_token", "api_key", "X-API-Key", "anything"])
			expect(await ask(bearer(secret), `${name}=${secret}`)).toBe(400);
		expect(await ask({}, `access_token=${secret}`)).toBe(400);
	});

	test("of a program needs none of the headers that a browser proves itself with", async () => {
		const { secret } = await makeKey({ scopes: ["knowledge:write", "knowledge:read"] });
		const input = { name: "Of a program", description: "", access: "private" };
		const made = await callRpc("knowledge.createCollection", bearer(secret), { input, isMutation: true });
		expect(made.status).toBe(200);
		const text = await callRpc(
			"knowledge.createCollection",
			{ ...bearer(secret), "content-type": "text/plain" },
			{ input, isMutation: true },
		);
		expect(text.status).toBe(415);
		const [row] = await db.orm.select().from(auditEntries).where(eq(auditEntries.action, "collection.create"));
		expect(row).toMatchObject({ actorKind: "apiKey" });
		expect((await db.orm.select().from(sessions)).length).toBe(0);
	});
});
