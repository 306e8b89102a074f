import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { approvals, auditEntries, documents, roleAssignments, roles, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { readUserActor } from "@/server/core/rights";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { ApprovalNeeded, endOverdueApprovals } from "./service";

// T38: what is approved is one call with its arguments, once, in time, by whoever may. T39: it is shown as it is.

let db: Database;
let staff: UserActor;
let boss: UserActor;
beforeAll(async () => {
	db = await testDatabase();
	staff = await testUser(db, { name: "Asking" });
	boss = await testUser(db, { role: "admin", name: "Deciding" });
});

const as = (actor: UserActor) => createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "rpc" }));
/** As a program over MCP would call. */
const tool = (actor: UserActor) => createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "mcp" }));

async function makeDocument(owner = staff, name = "plan.md"): Promise<string> {
	const ctx = await testContext(db, owner);
	return (await bringDocument(ctx, await makeCollection(ctx), name, `Plan ${randomUUID()}`)).id;
}
const isDeleted = async (documentId: string) => {
	const [row] = await db.orm.select({ at: documents.deletedAt }).from(documents).where(eq(documents.id, documentId));
	return row?.at !== null;
};
const remove = (documentId: string, by = staff) => tool(by).knowledge.deleteDocument({ documentId });

/** The approval that a refused call waits for. */
async function asked(call: Promise<unknown>): Promise<string> {
	const refusal = await call.then(
		() => null,
		(error) => error,
	);
	if (!(refusal?.cause instanceof ApprovalNeeded)) throw refusal ?? new Error("it was done at once");
	return refusal.cause.approval.id;
}
const look = (approvalId: string, by = boss) => as(by).approvals.get({ approvalId });
async function approve(approvalId: string, by = boss) {
	const { argumentsHash } = await look(approvalId, by);
	return as(by).approvals.approve({ approvalId, argumentsHash });
}
const stateOf = async (id: string) =>
	(await db.orm.select({ state: approvals.state }).from(approvals).where(eq(approvals.id, id)))[0]?.state;
const refused = (code: string) => ({ cause: expect.objectContaining({ code }) });

describe("a dangerous call over a tool face", () => {
	test("does nothing until a second person has approved it, then once, and answers alike when it comes again", async () => {
		const documentId = await makeDocument();
		const id = await asked(remove(documentId));
		expect(await asked(remove(documentId))).toBe(id);
		expect(await isDeleted(documentId)).toBe(false);
		await approve(id);
		expect(await isDeleted(documentId)).toBe(false);
		expect(await remove(documentId)).toEqual({ deleted: true });
		expect(await isDeleted(documentId)).toBe(true);
		expect(await remove(documentId)).toEqual({ deleted: true });
		expect(await stateOf(id)).toBe("used");
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, id));
		expect(rows.map(({ action }) => action).toSorted()).toEqual([
			"approval.approve",
			"approval.request",
			"approval.use",
		]);
		const effects = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, documentId));
		expect(effects.filter(({ action }) => action === "document.delete")).toHaveLength(1);
	});

	test("is carried out once, of twenty at once", async () => {
		const documentId = await makeDocument();
		const ids = await Promise.all(Array.from({ length: 20 }, () => asked(remove(documentId))));
		const [id = ""] = ids;
		expect(new Set(ids).size).toBe(1);
		const decided = await Promise.allSettled([approve(id), approve(id), approve(id)]);
		expect(decided.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		const answers = await Promise.all(Array.from({ length: 20 }, () => remove(documentId)));
		expect(answers).toEqual(Array.from({ length: 20 }, () => ({ deleted: true })));
		const effects = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, documentId));
		expect(effects.filter(({ action }) => action === "document.delete")).toHaveLength(1);
	});

	test("is refused as ever where its caller could not do it themselves", async () => {
		const stranger = await testUser(db);
		const documentId = await makeDocument();
		await expect(remove(documentId, stranger)).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(remove(randomUUID())).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(remove("not an id")).rejects.toMatchObject(refused("INVALID_INPUT"));
		const viewer = await testUser(db, { role: "viewer" });
		await expect(remove(documentId, viewer)).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await db.orm.$count(approvals, eq(approvals.requesterId, stranger.userId))).toBe(0);
	});
});

describe("an approval holds for nothing else", () => {
	test("not for other arguments, not for another person's call", async () => {
		const [one, other] = [await makeDocument(), await makeDocument()];
		const id = await asked(remove(one));
		await approve(id);
		await asked(remove(other));
		await asked(remove(one, await shareAll(one)));
		expect([await isDeleted(one), await isDeleted(other)]).toEqual([false, false]);
	});

	/** A second person who may delete it too. */
	async function shareAll(documentId: string): Promise<UserActor> {
		const friend = await testUser(db);
		await db.orm.execute(sql`insert into grants (resource_kind, resource_id, grantee, level)
			select 'collection', collection_id, ${friend.userId}, 'manage' from documents where id = ${documentId}`);
		return friend;
	}

	test("not for arguments that its approver did not look at", async () => {
		const id = await asked(remove(await makeDocument()));
		const call = as(boss).approvals.approve({ approvalId: id, argumentsHash: "0".repeat(64) });
		await expect(call).rejects.toMatchObject(refused("CONFLICT"));
		expect(await stateOf(id)).toBe("pending");
	});

	test("not after fifteen minutes, nor where nobody decided in time", async () => {
		const documentId = await makeDocument();
		const id = await asked(remove(documentId));
		await approve(id);
		await db.orm.update(approvals).set({ useBy: sql`now() - interval '1 second'` }).where(eq(approvals.id, id));
		expect((await look(id)).state).toBe("void");
		const again = await asked(remove(documentId));
		expect(again).not.toBe(id);
		expect(await stateOf(id)).toBe("void");
		await db.orm.update(approvals).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(approvals.id, again));
		await expect(approve(again)).rejects.toMatchObject(refused("CONFLICT"));
		await endOverdueApprovals(await testContext(db, boss));
		expect(await stateOf(again)).toBe("expired");
		expect(await isDeleted(documentId)).toBe(false);
	});

	test("not once its approver or its requester has lost the right", async () => {
		for (const loser of ["approver", "requester", "account"] as const) {
			const [asking, deciding] = [await testUser(db), await testUser(db, { role: "admin" })];
			const documentId = await makeDocument(asking);
			const id = await asked(remove(documentId, asking));
			await approve(id, deciding);
			const change = {
				approver: { role: "staff" },
				requester: { role: "viewer" },
				account: { disabledAt: new Date() },
			};
			const who = loser === "requester" ? asking : deciding;
			await db.orm.update(users).set(change[loser]).where(eq(users.id, who.userId));
			await expect(remove(documentId, asking), loser).rejects.toMatchObject(refused("FORBIDDEN"));
			expect([await isDeleted(documentId), await stateOf(id)], loser).toEqual([false, "void"]);
		}
	});

	test("not for a tool whose definition has changed since", async () => {
		const documentId = await makeDocument();
		const id = await asked(remove(documentId));
		await approve(id);
		await db.orm.update(approvals).set({ bindingHash: "of another definition" }).where(eq(approvals.id, id));
		await asked(remove(documentId));
		expect(await isDeleted(documentId)).toBe(false);
	});
});

describe("who decides", () => {
	test("somebody else than whoever asked, and only a person", async () => {
		const documentId = await makeDocument(boss);
		const id = await asked(remove(documentId, boss));
		await expect(approve(id)).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(
			as(boss).approvals.answerOwn({ approvalId: id, isAllowed: true, argumentsHash: (await look(id)).argumentsHash }),
		).rejects.toMatchObject(refused("FORBIDDEN"));
		const other = await testUser(db, { role: "owner" });
		const key = {
			kind: "apiKey",
			keyId: randomUUID(),
			name: "k",
			scopes: new Set(other.permissions),
			owner: other,
		} as const;
		const byKey = createCaller(contextForActor(key, { db, requestId: randomUUID(), via: "rest" }));
		const { argumentsHash } = await byKey.approvals.get({ approvalId: id });
		await expect(byKey.approvals.approve({ approvalId: id, argumentsHash })).rejects.toMatchObject(
			refused("FORBIDDEN"),
		);
		await approve(id, other);
		expect(await remove(documentId, boss)).toEqual({ deleted: true });
	});

	test("not who lacks the right that the call needs, nor a stranger, who learns nothing of it", async () => {
		const id = await asked(tool(boss).users.setDisabled({ userId: staff.userId, isDisabled: true }));
		const permissions = ["approvals:read", "approvals:decide"];
		const [role] = await db.orm.insert(roles).values({ name: randomUUID(), permissions }).returning({ id: roles.id });
		const judge = await testUser(db);
		const held = { holderId: judge.userId, holderKind: "user" as const, role: role?.id ?? "" };
		await db.orm.insert(roleAssignments).values(held);
		const now = await readUserActor(db.orm, judge.userId);
		if (!now) throw new Error("no judge");
		await expect(approve(id, now)).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(look(id, await testUser(db))).rejects.toMatchObject(refused("NOT_FOUND"));
	});

	test("the requester is told the reason of a rejection, and may take back what they asked for", async () => {
		const documentId = await makeDocument();
		const id = await asked(remove(documentId));
		await as(boss).approvals.reject({ approvalId: id, reason: "It is still needed." });
		await expect(remove(documentId)).rejects.toMatchObject({
			cause: expect.objectContaining({ code: "FORBIDDEN", message: expect.stringContaining("It is still needed.") }),
		});
		const other = await asked(remove(await makeDocument()));
		await as(staff).approvals.answerOwn({ approvalId: other, isAllowed: false, argumentsHash: "0".repeat(64) });
		expect(await stateOf(other)).toBe("rejected");
	});

	test("where nobody else may decide, the answer says so", async () => {
		const alone = await testDatabase();
		const owner = await testUser(alone, { role: "owner" });
		const ctx = await testContext(alone, owner);
		const { id: documentId } = await bringDocument(ctx, await makeCollection(ctx), "a.md", "Text.");
		const call = createCaller(contextForActor(owner, { db: alone, requestId: randomUUID(), via: "mcp" }));
		await expect(call.knowledge.deleteDocument({ documentId })).rejects.toThrow(/Nobody else here may approve it/);
	});
});

describe("what is shown", () => {
	test("a prompt's text to nobody who may not read prompts, who does not decide of it either", async () => {
		const id = await asked(remove(await makeDocument()));
		const text = JSON.stringify({ body: "hush hush" });
		await db.orm
			.update(approvals)
			.set({ tool: "prompts.save", permission: "prompts:write", arguments: text })
			.where(eq(approvals.id, id));
		const permissions = ["approvals:decide", "approvals:read", "prompts:write"];
		const [role] = await db.orm
			.insert(roles)
			.values({ name: `Half ${randomUUID()}`, permissions })
			.returning({ id: roles.id });
		const half = await testUser(db, { role: "viewer" });
		await db.orm.insert(roleAssignments).values({ holderKind: "user", holderId: half.userId, role: role?.id ?? "" });
		const reader = await readUserActor(db.orm, half.userId);
		if (!reader) throw new Error("the person is gone");
		const seen = await look(id, reader);
		expect(JSON.stringify(seen)).not.toContain("hush");
		expect(seen).toMatchObject({
			arguments: "{}",
			mayDecide: false,
			whyHidden: expect.stringContaining("prompts:read"),
		});
		await expect(approve(id, reader)).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await look(id)).toMatchObject({ arguments: text, whyHidden: null, mayDecide: true });
	});

	test("the effect in words, the rows that it touches, and the whole arguments", async () => {
		const documentId = await makeDocument(staff, "quarterly plan.md");
		const { effect, preview, target, chain, ...rest } = await look(await asked(remove(documentId)));
		expect(effect).toContain("“quarterly plan.md”");
		expect(preview?.rows).toContainEqual({ table: "documents", added: 0, changed: 1, removed: 0 });
		expect(preview?.acts).toContainEqual({ action: "document.delete", resource: "document", resourceId: documentId });
		expect(target).toEqual({ kind: "document", id: documentId });
		expect(chain).toEqual([{ kind: "user", id: staff.userId, name: "Asking" }]);
		expect(rest).toMatchObject({ arguments: JSON.stringify({ documentId }), requesterMay: true, needsSecond: true });
	});

	test("one's own to whoever asked, all to whoever decides, with what time has decided", async () => {
		const own = await as(staff).approvals.list({ limit: 200 });
		expect(own.rows.every(({ isOwn }) => isOwn)).toBe(true);
		const all = await as(boss).approvals.list({ limit: 200, filter: { state: { eq: "pending" } } });
		expect(all.rows.length).toBe(
			(await as(boss).approvals.waiting({})).toDecide + all.rows.filter(({ isOwn }) => isOwn).length,
		);
	});
});
