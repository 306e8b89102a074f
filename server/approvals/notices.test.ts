import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { approvalNotices, approvals, mails, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { inngest } from "@/server/jobs/client";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase, testUser, until } from "@/tests/support";
import { passTime, testEngine } from "@/tests/support/jobs";
import { startReceiver } from "@/tests/support/receiver";
import { approvalJobs } from "./jobs";
import { ApprovalNeeded, mailApprovers, postApproval } from "./service";

// Whoever can decide is told, reminded, and at last those above are; nobody twice, and nobody of what was decided.

let db: Database;
let asking: UserActor;
let boss: UserActor;
let owner: UserActor;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	asking = await testUser(db, { role: "admin", name: "Asking" });
	boss = await testUser(db, { role: "admin", name: "Deciding" });
	owner = await testUser(db, { role: "owner", name: "Above" });
	await testUser(db, { name: "Stranger" });
});

const call = (actor: UserActor, via: "rpc" | "mcp") =>
	createCaller(contextForActor(actor, { db, requestId: randomUUID(), via }));

async function ask(): Promise<string> {
	const { userId } = await testUser(db);
	const refusal = await call(asking, "mcp")
		.users.setRole({ userId, role: "builder" })
		.catch((error) => error);
	if (!(refusal.cause instanceof ApprovalNeeded)) throw refusal;
	return refusal.cause.approval.id;
}
const toldOf = async (approvalId: string) => {
	const rows = await db.orm
		.select({ name: users.name, subject: mails.subject })
		.from(mails)
		.innerJoin(users, eq(users.id, mails.userId))
		.where(sql`${mails.body} like ${`%${approvalId}%`}`);
	return rows.map(({ name, subject }) => `${name}: ${subject.split(/[:,]/)[0]}`).toSorted();
};
const noticesOf = (approvalId: string, count: number) =>
	until(async () => (await db.orm.$count(approvalNotices, eq(approvalNotices.approvalId, approvalId))) === count);

/** Time passes once the jobs sleep, so many of them. */
async function letPass(interval: string, sleeping: number): Promise<void> {
	const isAsleep = sql`select count(*)::int as jobs from job_queue where run_at > now() + interval '1 hour'`;
	await until(async () => (await db.orm.execute<{ jobs: number }>(isAsleep))[0]?.jobs === sleeping);
	await passTime(db, interval);
}

test("who can decide is told, then reminded at half of the time, then those above before its end; of what was decided nobody is", async () => {
	await call(boss, "rpc").approvals.saveRule({ tool: "users.setRole", agentId: null, approvers: ["admin"] });
	const [waits, decided] = [await ask(), await ask()];
	await testEngine(db, inngest, [...approvalJobs]);
	await Promise.all([noticesOf(waits, 1), noticesOf(decided, 1)]);
	expect(await toldOf(waits)).toEqual(["Deciding: A call waits for your approval"]);
	await call(boss, "rpc").approvals.reject({ approvalId: decided, reason: "No." });
	await letPass("12 hours 1 minute", 2);
	await noticesOf(waits, 2);
	await letPass("6 hours 1 minute", 1);
	await noticesOf(waits, 3);
	expect(await toldOf(waits)).toEqual([
		"Above: Nobody has approved or rejected it",
		"Asking: Nobody has approved or rejected it",
		"Deciding: A call waits for your approval",
		"Deciding: Nobody has approved or rejected it",
		"Deciding: Still waits for approval",
	]);
	expect(await toldOf(decided)).toHaveLength(1);
	const ctx = await testContext(db, owner);
	expect(await mailApprovers(ctx, { approvalId: waits, kind: "asked" })).toBe(0);
	expect(await toldOf(waits)).toHaveLength(5);
}, 60_000);

test("the webhook is told with a signature, under the same id when it is told again, and of nothing that is over", async () => {
	const secret = `whsec_${Buffer.from("a secret of thirty-two bytes ...").toString("base64")}`;
	const receiver = await startReceiver(secret);
	const ctx = await testContext(db, owner);
	const hook = { url: receiver.url, secret, policy: { isPrivateAllowed: true, resolve: async () => ["127.0.0.1"] } };
	const approvalId = await ask();
	const tell = () => postApproval(ctx, { approvalId, kind: "asked" }, hook);
	receiver.faults.push("refuse", "lost");
	expect([await tell(), await tell(), await tell()]).toEqual([expect.any(String), expect.any(String), null]);
	expect(receiver.tried.map(({ id, isSigned }) => [id, isSigned])).toEqual(
		Array.from({ length: 3 }, () => [`${approvalId}.asked`, true]),
	);
	expect(receiver.taken.at(-1)?.body).toMatchObject({
		type: "approval.asked",
		tool: "users.setRole",
		requester: "Asking",
		url: expect.stringContaining(approvalId),
	});
	await db.orm.update(approvals).set({ expiresAt: sql`now()` }).where(eq(approvals.id, approvalId));
	expect([await tell(), receiver.tried.length]).toEqual([null, 3]);
	expect(await postApproval(ctx, { approvalId, kind: "asked" })).toBe(null);
});
