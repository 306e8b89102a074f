import { eq, sql } from "drizzle-orm";
import { tracePolicy, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { expectUnchanged } from "@/server/core/errors";
import type { SetTracePolicy, TracePolicy } from "../contract";
import { exportTargets } from "../export/targets";

/** Where nobody has set anything. */
export const defaultPolicy = { samplePercent: 100, keepsContent: false, retentionDays: 30 };
const columns = {
	samplePercent: tracePolicy.samplePercent,
	keepsContent: tracePolicy.keepsContent,
	retentionDays: tracePolicy.retentionDays,
};

export async function readPolicy({ db }: ServiceContext): Promise<TracePolicy> {
	const [row] = await db.orm
		.select({
			...columns,
			...{ revision: tracePolicy.revision, updatedAt: tracePolicy.updatedAt, updatedByName: users.name },
		})
		.from(tracePolicy)
		.leftJoin(users, eq(users.id, tracePolicy.updatedBy));
	const unset = { ...defaultPolicy, revision: 0, updatedAt: null, updatedByName: null };
	return { ...(row ?? unset), exports: exportTargets().map(({ to, host }) => ({ to, host })) };
}

export async function setPolicy(ctx: ServiceContext, input: SetTracePolicy): Promise<TracePolicy> {
	const { revision, ...wanted } = input;
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		// Whoever comes second waits here, also where there is no row yet.
		await tx.execute(sql`select pg_advisory_xact_lock(hashtext('quarterdeck trace policy'))`);
		const [row] = await tx.select({ ...columns, revision: tracePolicy.revision }).from(tracePolicy);
		const { revision: now, ...before } = row ?? { ...defaultPolicy, revision: 0 };
		expectUnchanged("how traces are kept", revision, now);
		const set = { ...wanted, revision: now + 1, updatedBy: userId, updatedAt: sql`now()` };
		await tx.insert(tracePolicy).values(set).onConflictDoUpdate({ target: tracePolicy.id, set });
		await audit(ctx, tx, { action: "traces.set-policy", resource: "traces", before, after: wanted });
	});
	return readPolicy(ctx);
}
