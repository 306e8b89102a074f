import type { Database } from "@/db/connection";
import { type Actor, actorMay, actorUser, type Cause, causeOf, type UserActor, type Via } from "./actor";
import { AppError } from "./errors";

/** Where a call came from, as far as it is known. */
export type Origin = {
	address: string | null;
	userAgent: string | null;
	/** The host that a browser asked, with its port. */
	host?: string | null;
};

/** Everything a service may touch. The same shape from a request, a job, an agent's tool or a test. */
export type ServiceContext = {
	db: Database;
	actor: Actor;
	via: Via;
	requestId: string;
	origin: Origin;
	/** Ends when the caller is gone or its time is up. */
	signal?: AbortSignal;
	/** Of a model's call in a run: its id, and whether the agent's policy has it wait for a person. */
	toolCall?: { id: string; needsApproval: boolean };
};

/** What stands behind the call, for what it starts to remember. Throws where nobody does. */
export function requireCause(ctx: ServiceContext): Cause {
	const cause = causeOf(ctx.actor);
	if (!cause) throw new AppError("UNAUTHENTICATED", "Sign in first.");
	return cause;
}

/** The person whose rights count, with no more of them than the key that they call with has. Throws where nobody stands behind the call. */
export function requireUser({ actor }: ServiceContext): UserActor {
	const user = actorUser(actor);
	if (!user) throw new AppError("UNAUTHENTICATED", "Sign in first.");
	if (actor.kind === "user") return user;
	return { ...user, permissions: new Set([...user.permissions].filter((one) => actorMay(actor, one))) };
}
