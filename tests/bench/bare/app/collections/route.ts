import { asc } from "drizzle-orm";
import { users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { database } from "@/server/core/database";
import { readUserActor } from "@/server/core/rights";
import { ListCollections } from "@/server/knowledge/contract";
import { listCollections } from "@/server/knowledge/service";

// What one would write without Quarterdeck: the same query by the same driver, and nobody asked who they are.

export const dynamic = "force-dynamic";

const input = ListCollections.parse({});
let actor: Promise<UserActor> | undefined;

async function somebody(): Promise<UserActor> {
	const [first] = await database().orm.select({ id: users.id }).from(users).orderBy(asc(users.createdAt)).limit(1);
	const found = first && (await readUserActor(database().orm, first.id));
	if (!found) throw new Error("nobody is there");
	return found;
}

export async function GET(): Promise<Response> {
	actor ??= somebody();
	const origin = { address: null, userAgent: null };
	const ctx = { db: database(), actor: await actor, via: "rpc" as const, requestId: "", origin };
	return Response.json(await listCollections(ctx, input));
}
