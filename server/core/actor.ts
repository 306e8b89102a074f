import { type Permission, type Role, roleMay } from "./permissions";

/** A person with a live console session. */
export type UserActor = { kind: "user"; userId: string; name: string; role: Role; sessionId: string | null };
/** An agent in a run, for the person who started it: it may never do what that person can't. */
export type AgentActor = { kind: "agent"; agentId: string; runId: string; onBehalfOf: UserActor };
/** A job, for whoever caused it; a scheduled one acts for nobody. */
export type JobActor = { kind: "job"; job: string; onBehalfOf: UserActor | null };
/** Nobody yet: sign-in and first run. */
export type AnonymousActor = { kind: "anonymous" };
export type Actor = UserActor | AgentActor | JobActor | AnonymousActor;

/** Which face a call came through. */
export type Via = "console" | "rpc" | "tool" | "job" | "start";

/** The person at the root of the chain; null for scheduled jobs and strangers. */
export function actorUser(actor: Actor): UserActor | null {
	switch (actor.kind) {
		case "user":
			return actor;
		case "agent":
		case "job":
			return actor.onBehalfOf;
		case "anonymous":
			return null;
	}
}

export function actorLabel(actor: Actor): string {
	switch (actor.kind) {
		case "user":
			return actor.name;
		case "agent":
			return `agent for ${actor.onBehalfOf.name}`;
		case "job":
			return actor.onBehalfOf ? `${actor.job} for ${actor.onBehalfOf.name}` : actor.job;
		case "anonymous":
			return "anonymous";
	}
}

/** What stands for the actor in the audit and in rate limits. */
export function actorId(actor: Actor): string | null {
	switch (actor.kind) {
		case "user":
			return actor.userId;
		case "agent":
			return actor.agentId;
		case "job":
			return actor.job;
		case "anonymous":
			return null;
	}
}

/** Rights are the intersection of all in the chain, worked out at the time of use. A job without a person has no role to ask. */
export function actorMay(actor: Actor, permission: Permission): boolean {
	const user = actorUser(actor);
	return user !== null && roleMay(user.role, permission);
}
