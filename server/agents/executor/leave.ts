import type { Database } from "@/db/connection";
import { findStandings, type Refusal, refusalTexts, type Standing, standingOfRow } from "@/server/auth/principal";
import { actorMay } from "@/server/core/actor";
import type { ClaimedRun } from "./lease";

/** Why a run may not go on, whatever it is doing. */
export type WithoutLeave = Refusal | "rights";

export const leaveTexts = {
	...refusalTexts,
	rights: "Whom it worked for may not run agents any more.",
} as const satisfies Record<WithoutLeave, string>;

/** Those of the runs that may not go on, as whoever started them has lost their leave since. */
export async function findWithoutLeave(
	db: Database,
	runs: readonly Pick<ClaimedRun, "id" | "user" | "sessionId" | "key">[],
): Promise<Map<string, WithoutLeave>> {
	const causes = runs.map(({ user, sessionId, key }) => ({ userId: user.id, sessionId, keyId: key?.id ?? null }));
	const standings = await findStandings(db, causes);
	const found = new Map<string, WithoutLeave>();
	for (const [at, run] of runs.entries()) {
		const standing = standings[at];
		if (!standing?.principal) found.set(run.id, standing?.refusal ?? "disabled");
		else if (!actorMay(standing.principal, "runs:write")) found.set(run.id, "rights");
	}
	return found;
}

/** For so long what was found out about rights is taken to be of now, in ms. */
export const justMs = 1_000;

/** What was read of its person as the run was taken up, while that is of now; a key is always asked for anew. */
export function leaveOf({
	leave,
	claimedAt,
	sessionId,
	key,
}: ClaimedRun): { standing: Standing; mayAsk: boolean } | undefined {
	if (key || performance.now() - claimedAt > justMs) return undefined;
	return { standing: standingOfRow(leave, sessionId), mayAsk: leave.mayAsk };
}
