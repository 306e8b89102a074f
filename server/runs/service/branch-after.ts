import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { branchSegments, runs, threadBranches } from "@/db/schema";
import { notFound } from "@/server/core/errors";

/**
 * Where the run `runId` goes that goes on after another of its thread: in that one's branch, or in a new one where others came after
 * it already. The new one has in common what came before, and that run itself.
 */
export async function branchAfter(
	tx: Tx,
	{ threadId, userId, afterId, runId }: { threadId: string; userId: string; afterId: string; runId: string },
): Promise<string | null> {
	// Two that go on after the same one follow each other.
	await tx.execute(sql`select 1 from threads where id = ${threadId} and user_id = ${userId} for update`);
	const [after] = await tx
		.select({
			branchId: runs.branchId,
			hasLater: sql<boolean>`exists (select from runs later where later.thread_id = ${runs.threadId}
				and later.branch_id is not distinct from ${runs.branchId} and later.created_at > ${runs.createdAt})`,
		})
		.from(runs)
		.where(and(eq(runs.id, afterId), eq(runs.threadId, threadId), eq(runs.userId, userId)));
	if (!after) throw notFound("The run to go on after");
	if (!after.hasLater) return after.branchId;
	const [branch] = await tx
		.insert(threadBranches)
		.values({ id: sql`gen_random_uuid()`, threadId, fromRunId: afterId, runId })
		.returning({ id: threadBranches.id });
	if (!branch) throw new Error("the branch was not stored");
	await tx.execute(sql`
		insert into ${branchSegments} (branch_id, of_branch_id, before)
		select ${branch.id}::uuid, r.branch_id, r.created_at + interval '1 microsecond' from runs r where r.id = ${afterId}
		union all select ${branch.id}::uuid, s.of_branch_id, s.before from branch_segments s where s.branch_id = ${after.branchId}`);
	return branch.id;
}
