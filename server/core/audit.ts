import type { Reader } from "@/db/connection";
import { auditEntries } from "@/db/schema";
import { actorId, actorLabel, actorUser } from "./actor";
import type { ServiceContext } from "./context";

export type AuditFact = {
	/** `resource.verb`, such as `collection.create`. */
	action: string;
	resource: string;
	resourceId?: string | null;
	outcome?: "done" | "denied" | "failed";
	reason?: string;
	/** What it was about, without secrets and without contents. */
	detail?: Record<string, unknown>;
	/** The fields that changed, as they were and as they are. Secrets are masked by their names. */
	before?: Record<string, unknown>;
	after?: Record<string, unknown>;
	runId?: string | null;
};

/** Call with the transaction that makes the change, so that neither exists without the other. */
export async function audit(ctx: ServiceContext, tx: Reader, fact: AuditFact): Promise<void> {
	const { actor } = ctx;
	await tx.insert(auditEntries).values({
		actorKind: actor.kind,
		actorId: actorId(actor),
		actorLabel: actorLabel(actor),
		userId: actorUser(actor)?.userId ?? null,
		via: ctx.via,
		action: fact.action,
		resourceKind: fact.resource,
		resourceId: fact.resourceId ?? null,
		outcome: fact.outcome ?? "done",
		reason: fact.reason ?? null,
		detail: {
			...fact.detail,
			...(fact.before ? { before: fact.before } : {}),
			...(fact.after ? { after: fact.after } : {}),
		},
		requestId: ctx.requestId,
		runId: fact.runId ?? (actor.kind === "agent" ? actor.runId : null),
		address: ctx.origin.address,
		userAgent: ctx.origin.userAgent,
	});
}
