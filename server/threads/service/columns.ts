import { eq, type SQL, sql } from "drizzle-orm";
import { agents, grants, threads, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";

/** Until something is asked in it. */
const untitled = "New chat";

const columns = {
	id: threads.id,
	title: sql<string>`coalesce(nullif(${threads.title}, ''), ${untitled})`,
	agentId: threads.agentId,
	agentName: agents.name,
	ownerName: users.name,
	isShared: sql<boolean>`exists (select from ${grants} where ${grants.resourceKind} = 'thread' and ${grants.resourceId} = ${threads.id})`,
	createdAt: threads.createdAt,
	updatedAt: threads.updatedAt,
};

/** Threads with what a caller is told of them; who may see which is for the caller to say. */
export const selectThreads = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, mayManage: sql<boolean>`${threads.userId} = ${requireUser(ctx).userId}`, ...more })
		.from(threads)
		.innerJoin(agents, eq(agents.id, threads.agentId))
		.innerJoin(users, eq(users.id, threads.userId));
