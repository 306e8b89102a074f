import { randomUUID } from "node:crypto";
import { eq, like } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { mails, users } from "@/db/schema";
import { share } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase } from "@/tests/support";

let db: Database;
let ann: ServiceContext;
let bob: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	[ann, bob] = await Promise.all([
		testContext(db, { role: "builder", name: "Ann" }),
		testContext(db, { role: "builder", name: "Bob" }),
		testContext(db, { role: "admin", name: "Ada" }),
		testContext(db, { role: "staff", name: "Sam" }),
	]);
});

const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).agents;
/** Ann's agent, which Bob manages too and everyone may ask. */
async function shared(): Promise<string> {
	const { id } = await api(ann).create({ name: randomUUID(), access: "everyone" });
	const { userId } = requireUser(bob);
	await share(ann, { kind: "agent", resourceId: id, grantee: userId, level: "manage" });
	return id;
}

test("a review is asked for by mail of those who may give it, once, and its authors hear what came of it", async () => {
	const told = async (agentId: string) => {
		const rows = await db.orm
			.select({ name: users.name, subject: mails.subject, body: mails.body })
			.from(mails)
			.innerJoin(users, eq(users.id, mails.userId))
			.where(like(mails.body, `%${agentId}%`))
			.orderBy(mails.createdAt);
		return rows.map(({ name, subject, body }) => [
			name,
			/waits|approved|sent back/.exec(subject)?.[0],
			/They say: (.*)/.exec(body)?.[1],
		]);
	};
	const agentId = await shared();
	const { revision } = await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
	await api(ann).askReview({ agentId });
	await api(ann).askReview({ agentId });
	expect(await told(agentId)).toEqual([["Bob", "waits", undefined]]);
	await api(bob).review({ agentId, basedOn: revision, decision: "return", note: "Too\nmuch" });
	expect((await told(agentId)).at(-1)).toEqual(["Ann", "sent back", "Too much"]);
	await api(ann).askReview({ agentId });
	await api(bob).review({ agentId, basedOn: revision, decision: "approve" });
	expect((await told(agentId)).slice(2)).toEqual([
		["Bob", "waits", undefined],
		["Ann", "approved", undefined],
	]);
	// Where nobody else looks after it, who administers what everyone may ask does.
	const { id: alone } = await api(ann).create({ name: randomUUID(), access: "everyone" });
	await api(ann).saveDraft({ agentId: alone, tools: ["agents.list"] });
	await api(ann).askReview({ agentId: alone });
	expect(await told(alone)).toEqual([["Ada", "waits", undefined]]);
	const { id: own } = await api(ann).create({ name: randomUUID(), access: "private" });
	await api(ann).saveDraft({ agentId: own, tools: ["agents.list"] });
	await api(ann).askReview({ agentId: own });
	expect(await told(own)).toEqual([]);
});
