import { findStanding } from "@/server/auth/service";
import { actorMay, type Cause, type Principal } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { readUserActor } from "@/server/core/rights";

const reasons = {
	disabled: "It was not read: the account that brought it was disabled.",
	ended: "It was not read: the session that brought it was ended by somebody.",
	key: "It was not read: the key that brought it no longer works.",
	rights: "It was not read: whoever brought it may not add documents any more.",
} as const;

/** On whose behalf a document is read, and why it is not where they have lost their leave since. */
export async function findUploader(
	ctx: ServiceContext,
	cause: Cause,
): Promise<{ person: Principal | null; refusal: string | null }> {
	const { principal, refusal } = await findStanding(ctx.db, cause);
	if (!principal) return { person: await readUserActor(ctx.db.orm, cause.userId), refusal: reasons[refusal] };
	return { person: principal, refusal: actorMay(principal, "knowledge:write") ? null : reasons.rights };
}
