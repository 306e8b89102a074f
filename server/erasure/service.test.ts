import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { auditEntries, auditExports, collections, grants, mails, sessions, threads, users } from "@/db/schema";
import { assignRole, createGroup, createRole } from "@/server/access/service";
import { rename } from "@/server/account/service";
import { checkpointNext, publicKeys } from "@/server/audit/chain/checkpoint";
import { chainRange, exportChain } from "@/server/audit/chain/export-chain";
import { ChainVerifier, readKeys } from "@/server/audit/chain/verifier.mjs";
import { placeHold, releaseHold, requestExport, sealWaiting } from "@/server/audit/service";
import { signIn } from "@/server/auth/service";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { startRun } from "@/server/runs/service";
import { createUser, setUserDisabled, setUserRole } from "@/server/users/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { testEngine } from "@/tests/support/jobs";
import { makeCollection } from "@/tests/support/knowledge";
import { erasureJobs } from "./jobs";
import { erasedName, eraseUser } from "./service";

type Base = Awaited<ReturnType<typeof agentsDatabase>>;
let base: Base;
let admin: ServiceContext;
beforeEach(async () => {
	base = await agentsDatabase();
	admin = await testContext(base.db, { role: "owner" });
});

const password = "a long enough sentence";
/** A person who has signed in, asked something and made two collections, one of them for everybody. */
async function person(): Promise<{ ctx: ServiceContext; userId: string; email: string; name: string }> {
	// In letters alone, as names are: with figures among them, some would look like a secret and be masked.
	const letters = randomUUID()
		.slice(0, 8)
		.replaceAll(/\d/g, (digit) => "ghijklmnop".charAt(Number(digit)));
	const name = `Erika ${letters}`;
	const email = `${randomUUID()}@example.test`;
	const { id: userId } = await createUser(admin, { name, email, role: "staff", password });
	const some = await testContext(base.db);
	const stranger: ServiceContext = {
		...some,
		actor: { kind: "anonymous" },
		origin: { address: "203.0.113.77", userAgent: "theirs" },
	};
	await signIn(stranger, { email, password: "not their password at all" });
	const actor = some.actor.kind === "user" ? { ...some.actor, userId, name } : some.actor;
	const ctx: ServiceContext = { ...some, actor, origin: { address: "203.0.113.78", userAgent: "theirs" } };
	await startRun(ctx, { question: "How many days of leave are there?" });
	await makeCollection(ctx, { name: "Diary", access: "private" });
	await makeCollection(ctx, { name: "Handbook", access: "everyone" });
	return { ctx, userId, email, name };
}

async function exported(): Promise<string[]> {
	await sealWaiting(base.db);
	const lines: string[] = [];
	for await (const { line } of exportChain(base.db, await chainRange(base.db))) lines.push(line);
	return lines;
}

test("an erased person is nowhere named, what was theirs alone is gone, and the chain is valid", async () => {
	const { userId, email, name } = await person();
	await checkpointNext(base.db, true);
	const before = (await exported()).join("\n");
	for (const known of [name, email, "203.0.113.77", "203.0.113.78"]) expect(before).toContain(known);

	await testEngine(base.db, inngest, [...erasureJobs]);
	await eraseUser(admin, { userId });
	expect(await signIn({ ...admin, actor: { kind: "anonymous" } }, { email, password })).toBeNull();
	await until(async () => {
		const [told] = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.action, "user.erased"));
		return told;
	}, 20_000);

	const lines = await exported();
	for (const known of [name, email, "203.0.113.77", "203.0.113.78"]) expect(lines.join("\n")).not.toContain(known);
	const checkpoint = await checkpointNext(base.db, true);
	const keys = readKeys(await publicKeys(base.db.orm));
	const verifier = new ChainVerifier({ keys, checkpoints: checkpoint ? [checkpoint] : [] });
	for (const line of lines) verifier.take(Buffer.from(line));
	expect(verifier.end()).toMatchObject({ isValid: true, problem: null });

	const [account] = await base.db.orm.select().from(users).where(eq(users.id, userId));
	expect(account).toMatchObject({ name: erasedName, role: "viewer", disabledAt: expect.any(Date) });
	expect(account?.email).not.toContain("example.test");
	expect(await base.db.orm.select().from(sessions).where(eq(sessions.userId, userId))).toEqual([]);
	expect(await base.db.orm.select().from(threads).where(eq(threads.userId, userId))).toEqual([]);
	expect(await base.db.orm.select().from(mails).where(eq(mails.recipient, email))).toEqual([]);
	expect(await base.db.orm.select().from(grants).where(eq(grants.grantee, userId))).toEqual([]);
	const theirs = await base.db.orm.select().from(collections).where(eq(collections.ownerId, userId));
	expect(theirs.map((one) => [one.name, one.deletedAt === null])).toEqual(
		expect.arrayContaining([
			["Diary", false],
			["Handbook", true],
		]),
	);
	await expect(eraseUser(admin, { userId })).rejects.toMatchObject({ code: "NOT_FOUND" });
}, 60_000);

test("what others wrote of an erased person in their own words goes too: in details, reasons, refusals, exports", async () => {
	const { ctx, userId, email, name } = await person();
	const other = await testContext(base.db, { role: "owner", name: "Olga Owner" });
	const former = name.split(" ").toReversed().join(" ");
	await rename(ctx, { name: former });
	await createGroup(other, { name: `Friends of ${former}`, description: "" });
	await rename(ctx, { name });
	await makeCollection(other, { name: `Reviews of ${name.toUpperCase()}`, access: "private" });
	await createGroup(other, { name: `${name}'s team (${email})`, description: `Works for "${name}"` });
	const kept = await makeCollection(other, { name: `${name}sson and others`, access: "private" });
	const role = await createRole(other, { name: `As ${name}`, description: "", permissions: ["audit:read"] });
	const helper = await testContext(base.db, { role: "admin" });
	// Refused, as they would hold more than whoever gives it: the refusal must name nobody.
	await setUserRole(other, { userId, role: "owner" });
	await expect(setUserDisabled(helper, { userId, isDisabled: true })).rejects.toMatchObject({ code: "FORBIDDEN" });
	await setUserRole(other, { userId, role: "staff" });
	await expect(
		assignRole(await testContext(base.db, { role: "staff" }), { role: role.key, holderId: userId }),
	).rejects.toMatchObject({ code: "FORBIDDEN" });
	const { id: exportId } = await requestExport(other, { format: "csv", filter: {} });
	await base.db.orm.update(auditExports).set({ state: "ready" }).where(eq(auditExports.id, exportId));
	const hold = await placeHold(admin, { userId: null, reason: `${name} against us` });
	await releaseHold(admin, { holdId: hold.id });
	await checkpointNext(base.db, true);
	expect((await exported()).join("\n")).toContain(`Reviews of ${name.toUpperCase()}`);

	await testEngine(base.db, inngest, [...erasureJobs]);
	await eraseUser(other, { userId });
	await until(async () => {
		const [told] = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.action, "user.erased"));
		return told;
	}, 20_000);

	const lines = await exported();
	const tables = await Promise.all(
		["audit_pending", "audit_log", "audit_personal", "audit_entries", "audit_holds"].map((table) =>
			base.db.sql.unsafe(`select lower(t::text) as row from ${table} t`),
		),
	);
	const all = [...lines, ...tables.flat().map(({ row }) => String(row))].map((line) => line.toLowerCase());
	for (const word of [name, former, email, "203.0.113.78"]) {
		const isWord = new RegExp(`(^|\\W)${word.toLowerCase().replaceAll(/[^\w\s]/g, "\\$&")}(\\W|$)`);
		expect(all.filter((line) => isWord.test(line))).toEqual([]);
	}
	// What only looks like the name stays.
	expect(all.join("\n")).toContain(`${name.toLowerCase()}sson and others`);
	expect(kept.id).toBeTruthy();
	const [file] = await base.db.orm.select().from(auditExports).where(eq(auditExports.id, exportId));
	expect(file?.state).toBe("expired");
	const checkpoint = await checkpointNext(base.db, true);
	const verifier = new ChainVerifier({
		keys: readKeys(await publicKeys(base.db.orm)),
		checkpoints: checkpoint ? [checkpoint] : [],
	});
	for (const line of lines) verifier.take(Buffer.from(line));
	expect(verifier.end()).toMatchObject({ isValid: true, problem: null });
	expect(ctx.actor.kind).toBe("user");
}, 60_000);

test("who is held stays, and is not even disabled", async () => {
	const { userId, name } = await person();
	await placeHold(admin, { userId, reason: "A case" });
	await expect(eraseUser(admin, { userId })).rejects.toMatchObject({
		code: "CONFLICT",
		message: expect.stringContaining("A case"),
	});
	const [account] = await base.db.orm.select().from(users).where(eq(users.id, userId));
	expect(account).toMatchObject({ name, disabledAt: null, erasedAt: null });
});

test("the last owner stays, and an administrator erases no owner", async () => {
	const ownId = admin.actor.kind === "user" ? admin.actor.userId : "";
	await base.db.orm.update(users).set({ role: "staff" }).where(sql`role = 'owner' and id <> ${ownId}`);
	await expect(eraseUser(admin, { userId: ownId })).rejects.toMatchObject({ code: "CONFLICT" });
	const other = await testContext(base.db, { role: "admin" });
	await expect(eraseUser(other, { userId: ownId })).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(eraseUser(admin, { userId: randomUUID() })).rejects.toMatchObject({ code: "NOT_FOUND" });
	const [account] = await base.db.orm.select().from(users).where(eq(users.id, ownId));
	expect(account?.erasedAt).toBeNull();
});
