import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { type Attempt, setState, withAttempt } from "./attempt";

/** Writes down why a document can't be read. A ready one stays as it is, as does one that is gone or being tried again. */
export async function failDocument(ctx: ServiceContext, attempt: Attempt, reason: string): Promise<void> {
	await withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state === "ready" || held.state === "failed") return;
		await setState(tx, held, "failed", { reason });
		await audit(ctx, tx, {
			action: "document.index",
			resource: "document",
			resourceId: held.id,
			outcome: "failed",
			reason,
			detail: { collectionId: held.collectionId, attempt: attempt.attempt, in: held.state },
		});
	});
}
