import { proofMinutes } from "@/server/auth/service";
import type { Permission } from "@/server/core/permissions";
import { everyone } from "@/server/core/rights";
import { type Check, type Explanation, type GrantLevel, type ResourceKind, rowRight } from "../contract";
import { type Person, sayWay, waysTo } from "./standing";

export type RowFacts = {
	id: string;
	kind: ResourceKind;
	/** Null where whoever asks may not read it. */
	name: string | null;
	ownerId: string | null;
	grants: { grantee: string; level: GrantLevel }[];
	/** Whether whoever it belonged to has left, where it then falls to administrators. */
	isLeft?: boolean;
};
export type AgentFacts = { row: RowFacts; collectionIds: string[] | null };
export type KeyFacts = { name: string; isRevoked: boolean; hasEnded: boolean; addresses: readonly string[] | null };
/** What the gate asks a proof for under a right, and whether it was given lately; null where nobody can say. */
export type Proof = { of: { paths: readonly string[]; isAll: boolean }; isGiven: boolean | null };
export type Question = {
	person: Person;
	what: Permission;
	scopes?: readonly Permission[] | undefined;
	/** Whether a role of theirs asks for a second factor and they have none; left out where a program or an agent calls. */
	factor?: { isAsked: boolean; isThere: boolean } | undefined;
	/** Left out where a program or an agent calls, of whom no proof is asked. */
	proof?: Proof | undefined;
	key?: KeyFacts | undefined;
	/** Null where there is no such agent. */
	agent?: AgentFacts | null | undefined;
	/** Null where there is no such thing. */
	row?: RowFacts | null | undefined;
};

/** Every check of the way from the person to the row, whether it holds and by what. Reads nothing: all facts are given. */
export function judge({ person, what, factor, proof, key, scopes, agent, row }: Question): Explanation {
	const checks = [accountCheck(person)];
	if (factor?.isAsked) checks.push(factorCheck(person, factor.isThere));
	if (proof && proof.of.paths.length > 0) checks.push(proofCheck(person, proof));
	checks.push(rightCheck(person, what));
	if (key) checks.push(keyCheck(key));
	if (scopes) checks.push(scopeCheck(scopes, what));
	if (agent !== undefined) checks.push(agentCheck(person, scopes, agent, row));
	if (row !== undefined) checks.push(rowCheck(person, scopes, row, rowRight(what)?.level ?? "read"));
	const failed = checks.filter(({ holds }) => !holds);
	return {
		allowed: failed.length === 0,
		who: { id: person.id, name: person.name },
		checks,
		missing: failed.map(({ about }) => remedy(about, { what, row, name: person.name })),
	};
}

function accountCheck({ name, isDisabled }: Person): Check {
	const says = isDisabled ? `${name}'s account is disabled.` : `${name}'s account is active.`;
	return { about: "account", holds: !isDisabled, says, through: [] };
}

function rightCheck(person: Person, what: Permission): Check {
	const ways = waysTo(person, what);
	const holds = ways.length > 0;
	const says = holds
		? `${person.name} holds ${what}.`
		: `None of ${person.name}'s roles, own or of a group, gives ${what}.`;
	return { about: "right", holds, says, through: ways.map(sayWay) };
}

function factorCheck({ name }: Person, holds: boolean): Check {
	const says = holds
		? `${name}'s role asks for a second factor, and they have one.`
		: `${name}'s role asks for a second factor, and they have none: until they add one they may do nothing else.`;
	return { about: "factor", holds, says, through: [] };
}

const mostNamed = 4;

/** It keeps nobody from anything, as they can give it themselves: it is said, so that nobody is surprised by the question. */
function proofCheck({ name }: Person, { of: { paths, isAll }, isGiven }: Proof): Check {
	const named = paths.slice(0, mostNamed).join(", ");
	const more = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : "";
	const which = isAll ? "all that this right allows" : `some of what this right allows (${named}${more})`;
	const lately = isGiven === null ? "" : isGiven ? " They have lately." : " They will be asked.";
	const says = `For ${which}, ${name} needs a proof of who they are (password, code or passkey) that is at most ${proofMinutes} minutes old.${lately}`;
	return { about: "proof", holds: true, says, through: [] };
}

function keyCheck({ name, isRevoked, hasEnded, addresses }: KeyFacts): Check {
	const holds = !isRevoked && !hasEnded;
	const only = addresses ? ` It is taken from ${addresses.join(", ")} only.` : "";
	const says = holds ? `The key ${name} works.${only}` : `The key ${name} ${isRevoked ? "was revoked" : "has ended"}.`;
	return { about: "key", holds, says, through: [] };
}

function scopeCheck(scopes: readonly Permission[], what: Permission): Check {
	const holds = scopes.includes(what);
	const says = holds ? `The key has the scope ${what}.` : `The key lacks the scope ${what}.`;
	return { about: "scope", holds, says, through: [] };
}

function agentCheck(
	person: Person,
	scopes: readonly Permission[] | undefined,
	agent: AgentFacts | null,
	row: RowFacts | null | undefined,
): Check {
	const ways = agent ? waysToRow(person, scopes, agent.row, "read") : [];
	if (!agent || ways.length === 0)
		return {
			about: "agent",
			holds: false,
			says: `${person.name} may not ask this agent, or there is none.`,
			through: [],
		};
	const name = agent.row.name ?? "this agent";
	const isOutside = row?.kind === "collection" && agent.collectionIds !== null && !agent.collectionIds.includes(row.id);
	const says = isOutside ? `${name} does not look in this collection.` : `${person.name} may ask ${name}.`;
	return { about: "agent", holds: !isOutside, says, through: ways };
}

function rowCheck(
	person: Person,
	scopes: readonly Permission[] | undefined,
	row: RowFacts | null,
	level: GrantLevel,
): Check {
	const ways = row ? waysToRow(person, scopes, row, level) : [];
	const name = row?.name ?? "it";
	const verb = level === "read" ? "open" : "manage";
	const says =
		ways.length > 0
			? `${person.name} may ${verb} ${name}.`
			: `Nothing lets ${person.name} ${verb} ${name}: it is not theirs and not shared with them${level === "read" ? "" : " to manage"}.`;
	return { about: "row", holds: ways.length > 0, says, through: ways };
}

/** The ways by which a person may read or manage a row, in words. */
function waysToRow(
	person: Person,
	scopes: readonly Permission[] | undefined,
	{ ownerId, grants, isLeft }: RowFacts,
	level: GrantLevel,
): string[] {
	const own = ownerId === person.id ? ["owning it"] : [];
	const fitting = grants.filter((grant) => level === "read" || grant.level === "manage");
	const granted = fitting.flatMap(({ grantee, level: given }) => {
		const name = granteeOf(person, grantee);
		return name === null ? [] : [`being shared with ${name}, to ${given}`];
	});
	const looksAfter = waysTo(person, "shares:manage").length > 0 && (!scopes || scopes.includes("shares:manage"));
	const isOpen = grants.some(({ grantee }) => grantee === everyone);
	const care = level === "manage" && looksAfter && isOpen ? ["shares:manage, as it is shared with everyone"] : [];
	const heirs = level === "manage" && looksAfter && isLeft ? ["shares:manage, as its owner has left"] : [];
	return [...own, ...granted, ...care, ...heirs];
}

/** As whom a grant means the person; null where it doesn't. */
function granteeOf({ id, groups, held }: Person, grantee: string): string | null {
	if (grantee === everyone) return "everyone";
	if (grantee === id) return "them";
	const group = groups.find((one) => one.id === grantee);
	if (group) return `the group ${group.name}`;
	const role = held.find(({ source }) => source.role?.key === grantee)?.source.role;
	return role ? `the role ${role.name}` : null;
}

function remedy(about: Check["about"], { what, row, name }: Pick<Question, "what" | "row"> & { name: string }): string {
	switch (about) {
		case "account":
			return `Enable ${name}'s account.`;
		case "factor":
			return `Let ${name} add a second factor under Account, Security.`;
		case "proof":
			return `Let ${name} prove who they are.`;
		case "key":
			return "Make a new key.";
		case "right":
			return `Give ${name}, or a group of theirs, a role with ${what}.`;
		case "scope":
			return `Make a key with the scope ${what}.`;
		case "agent":
			return "Share the agent with them, and let it look in the collection.";
		case "row":
			return `Share ${row?.name ?? "it"} with ${name}, a group or a role of theirs.`;
	}
}
