import { eq } from "drizzle-orm";
import { sourceRuns, sources } from "@/db/schema";
import { findStanding } from "@/server/auth/service";
import { actorMay, type Principal } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { readUserActor } from "@/server/core/rights";

const disabled =
	"The account that this source works for was disabled. Whoever takes it over saves it once: it works for them then.";
const rights =
	"Whoever this source works for may not connect sources any more. Whoever takes it over saves it once: it works for them then.";

/** Whose rights a sync has at this moment, and why it is not done where they have lost their leave. */
export async function findSyncOwner(
	ctx: ServiceContext,
	syncId: string,
): Promise<{ person: Principal | null; refusal: string | null }> {
	const [sync] = await ctx.db.orm
		.select({ userId: sources.ownerId })
		.from(sourceRuns)
		.innerJoin(sources, eq(sources.id, sourceRuns.sourceId))
		.where(eq(sourceRuns.id, syncId));
	if (!sync) return { person: null, refusal: null };
	const { principal } = await findStanding(ctx.db, { userId: sync.userId, sessionId: null, keyId: null });
	if (!principal) return { person: await readUserActor(ctx.db.orm, sync.userId), refusal: disabled };
	const isLet = actorMay(principal, "sources:manage") && actorMay(principal, "knowledge:write");
	return { person: principal, refusal: isLet ? null : rights };
}
