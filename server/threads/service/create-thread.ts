import { randomUUID } from "node:crypto";
import { threads } from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { CreateThread, Thread } from "../contract";
import { findThread } from "./read-thread";

/** A thread of the caller's own in which nothing was asked yet. */
export async function createThread(ctx: ServiceContext, input: CreateThread): Promise<Thread> {
	const user = requireUser(ctx);
	const threadId = input.threadId ?? randomUUID();
	await ctx.db.transaction(async (tx) => {
		const { agentId } = await chooseAgent(tx, user, input.agentId);
		const [made] = await tx
			.insert(threads)
			.values({ id: threadId, userId: user.userId, agentId, title: input.title })
			.onConflictDoNothing()
			.returning({ id: threads.id });
		if (!made) throw new AppError("CONFLICT", "This id is taken: leave it out, or make up another.");
		await audit(ctx, tx, { action: "thread.create", resource: "thread", resourceId: threadId, detail: { agentId } });
	});
	return findThread(ctx, threadId);
}
