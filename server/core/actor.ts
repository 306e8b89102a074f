import type { Permission } from "./permissions";

/** A person: with a console session, a program's sign-in, or named by our own code. */
export type UserActor = {
	kind: "user";
	userId: string;
	name: string;
	/** Their first role: a built-in one's name, or a custom one's id. */
	role: string;
	/** What all their roles, own and of their groups, give together at this moment. */
	permissions: ReadonlySet<Permission>;
	/** Whom a grant names to mean them too: `everyone`, their own id, their groups' ids, their roles' keys. */
	grantees: readonly string[];
	/** The session that they came with; null where our own code names them. */
	sessionId: string | null;
	/** When they last proved in that session who they are. */
	provedAt: Date | null;
	/** Their role asks for a second factor and they have none: until they do, they may do nothing else. */
	mustEnrol?: boolean;
	/** The program that they let in, where it is that which calls: `permissions` are then those that it was given, and no others. */
	program?: { clientId: string; name: string };
};
/** A program with a key of its own: it may never do what its owner can't. */
export type ApiKeyActor = {
	kind: "apiKey";
	keyId: string;
	name: string;
	scopes: ReadonlySet<Permission>;
	/** Whose it is, with those of their rights that the key has too. */
	owner: UserActor;
	/** The key's own limits, beside those of everybody. */
	callsPerMinute?: number | null;
	tokensPerDay?: number | null;
};
/** Whom an agent or a job can work for. */
export type Principal = UserActor | ApiKeyActor;
/** An agent in a run, for whoever started it: it may never do what they can't. */
export type AgentActor = { kind: "agent"; agentId: string; runId: string; onBehalfOf: Principal };
/** A job, for whoever caused it; a scheduled one acts for nobody. */
export type JobActor = { kind: "job"; job: string; onBehalfOf: Principal | null };
/** Nobody yet: sign-in and first run. */
export type AnonymousActor = { kind: "anonymous" };
export type Actor = Principal | AgentActor | JobActor | AnonymousActor;

/** Which face a call came through. */
export type Via = "console" | "rpc" | "rest" | "mcp" | "openai" | "langgraph" | "tool" | "job" | "start";

/** The person at the root of the chain; null for scheduled jobs and strangers. */
export function actorUser(actor: Actor): UserActor | null {
	switch (actor.kind) {
		case "user":
			return actor;
		case "apiKey":
			return actor.owner;
		case "agent":
			return actorUser(actor.onBehalfOf);
		case "job":
			return actor.onBehalfOf ? actorUser(actor.onBehalfOf) : null;
		case "anonymous":
			return null;
	}
}

/** What a run or a job was started with. A session or a key that is taken away ends it. */
export type Cause = { userId: string; sessionId: string | null; keyId: string | null };

export function causeOf(actor: Actor): Cause | null {
	switch (actor.kind) {
		case "user":
			return { userId: actor.userId, sessionId: actor.sessionId, keyId: null };
		case "apiKey":
			return { userId: actor.owner.userId, sessionId: null, keyId: actor.keyId };
		case "agent":
			return causeOf(actor.onBehalfOf);
		case "job":
			return actor.onBehalfOf ? causeOf(actor.onBehalfOf) : null;
		case "anonymous":
			return null;
	}
}

export function actorLabel(actor: Actor): string {
	switch (actor.kind) {
		case "user":
			return actor.program ? `${actor.name} through ${actor.program.name}` : actor.name;
		case "apiKey":
			return `key ${actor.name} of ${actor.owner.name}`;
		case "agent":
			return `agent for ${actorLabel(actor.onBehalfOf)}`;
		case "job":
			return actor.onBehalfOf ? `${actor.job} for ${actorLabel(actor.onBehalfOf)}` : actor.job;
		case "anonymous":
			return "anonymous";
	}
}

/** What stands for the actor in the audit and in rate limits. */
export function actorId(actor: Actor): string | null {
	switch (actor.kind) {
		case "user":
			return actor.userId;
		case "apiKey":
			return actor.keyId;
		case "agent":
			return actor.agentId;
		case "job":
			return actor.job;
		case "anonymous":
			return null;
	}
}

export type ChainLink = { kind: Actor["kind"]; id: string | null; name: string };

/** Everyone who stands behind a call, the person first: user → key → agent or job. */
export function actorChain(actor: Actor): ChainLink[] {
	switch (actor.kind) {
		case "user":
			return [{ kind: "user", id: actor.userId, name: actor.name }];
		case "apiKey":
			return [...actorChain(actor.owner), { kind: "apiKey", id: actor.keyId, name: actor.name }];
		case "agent":
			return [...actorChain(actor.onBehalfOf), { kind: "agent", id: actor.agentId, name: "agent" }];
		case "job":
			return [
				...(actor.onBehalfOf ? actorChain(actor.onBehalfOf) : []),
				{ kind: "job", id: actor.job, name: actor.job },
			];
		case "anonymous":
			return [{ kind: "anonymous", id: null, name: "anonymous" }];
	}
}

/** Rights are the intersection of all in the chain, worked out at the time of use. A job without a person has none to ask. */
export function actorMay(actor: Actor, permission: Permission): boolean {
	switch (actor.kind) {
		case "user":
			return actor.permissions.has(permission);
		case "apiKey":
			return actor.scopes.has(permission) && actorMay(actor.owner, permission);
		case "agent":
			return actorMay(actor.onBehalfOf, permission);
		case "job":
			return actor.onBehalfOf !== null && actorMay(actor.onBehalfOf, permission);
		case "anonymous":
			return false;
	}
}
