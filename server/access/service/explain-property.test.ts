import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import {
	collections,
	grants,
	groupMembers,
	groups,
	mcpServers,
	mcpTools,
	prompts,
	promptVersions,
	roleAssignments,
	roles,
	users,
} from "@/db/schema";
import { getAgent, insertAgent, mayAskAgent } from "@/server/agents/service";
import { findUserActor } from "@/server/auth/service";
import { type Actor, actorMay, type UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { mayAskAgent as mayAskAgentAtOnce } from "@/server/core/grants";
import { permissions } from "@/server/core/permissions";
import { getCollection } from "@/server/knowledge/service";
import { getPrompt } from "@/server/prompts/service";
import { getRemote, listUsable } from "@/server/remotes/service";
import { testContext, testDatabase } from "@/tests/support";
import { type GrantLevel, type ResourceKind, rowRight, rowRights } from "../contract";
import { explainAccess, getStanding } from ".";

let db: Database;
let owner: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	owner = await testContext(db, { role: "owner" });
});

// A small world: three people, two groups, two custom roles, two things of each kind, and whatever ties them together.
const upTo = (count: number) => fc.integer({ min: 0, max: count - 1 });
const some = (count: number) => fc.uniqueArray(upTo(count), { maxLength: 2 });
const anyRight = fc.constantFrom(...permissions);
const rowWords = Object.keys(rowRights) as (keyof typeof rowRights)[];
/** 0 to 2 the built-in ones, 3 and 4 the custom ones. */
const role = upTo(5);
const builtIn = ["viewer", "builder", "admin"] as const;
const grant = fc.record({
	/** Everyone, three people, two groups, five roles. */
	to: upTo(11),
	level: fc.constantFrom("read" as const, "manage" as const),
});
const thing = fc.record({
	owner: fc.option(upTo(3), { freq: 5 }),
	grants: fc.uniqueArray(grant, { maxLength: 3, selector: ({ to }) => to }),
});
const world = fc.record({
	people: fc.array(
		fc.record({ role, extra: some(5), groups: some(2), isDisabled: fc.constantFrom(true, false, false, false, false) }),
		{ minLength: 3, maxLength: 3 },
	),
	roles: fc.array(fc.uniqueArray(anyRight, { maxLength: 12 }), { minLength: 2, maxLength: 2 }),
	groups: fc.array(some(5), { minLength: 2, maxLength: 2 }),
	things: fc.record({
		collection: fc.tuple(thing, thing),
		agent: fc.tuple(thing, thing),
		prompt: fc.tuple(thing, thing),
		mcpServer: fc.tuple(thing, thing),
	}),
	/** Where each agent looks; null for everywhere. */
	looksIn: fc.array(fc.option(some(2)), { minLength: 2, maxLength: 2 }),
	questions: fc.array(
		fc.record({
			who: upTo(3),
			scopes: fc.option(fc.uniqueArray(anyRight, { minLength: 8, maxLength: 30 }), { freq: 1 }),
			agent: fc.option(upTo(2), { freq: 1 }),
			what: fc.oneof(anyRight, fc.constantFrom(...rowWords), fc.constantFrom(...rowWords)),
			on: fc.option(upTo(2), { freq: 4 }),
		}),
		{ minLength: 3, maxLength: 3 },
	),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Ids = { people: string[]; roles: string[]; groups: string[]; things: Record<ResourceKind, string[]> };
type Question = World["questions"][number];

const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
const at = (list: readonly string[], index: number) => list[index] ?? "";

/** Writes the world down, past the services: explanation and decision read the same rows. */
async function store(policy: World): Promise<Ids> {
	const made: Ids = {
		people: ids(3),
		roles: ids(2),
		groups: ids(2),
		things: { collection: ids(2), agent: ids(2), prompt: ids(2), mcpServer: ids(2) },
	};
	const roleKey = (index: number) => (index < 3 ? at(builtIn, index) : at(made.roles, index - 3));
	const grantee = (to: number) =>
		to === 0 ? "everyone" : to < 4 ? at(made.people, to - 1) : to < 6 ? at(made.groups, to - 4) : roleKey(to - 6);
	await db.transaction(async (tx) => {
		await tx
			.insert(roles)
			.values(policy.roles.map((list, n) => ({ id: at(made.roles, n), name: randomUUID(), permissions: list })));
		await tx.insert(groups).values(made.groups.map((id) => ({ id, name: id })));
		await tx.insert(users).values(
			policy.people.map((person, n) => ({
				id: at(made.people, n),
				name: `Person ${n}`,
				email: `${at(made.people, n)}@example.test`,
				role: roleKey(person.role),
				passwordHash: "cannot sign in",
				disabledAt: person.isDisabled ? new Date() : null,
			})),
		);
		const given = [
			...policy.people.flatMap(({ extra }, n) =>
				extra.map((one) => ({ holderId: at(made.people, n), holderKind: "user" as const, role: roleKey(one) })),
			),
			...policy.groups.flatMap((list, n) =>
				list.map((one) => ({ holderId: at(made.groups, n), holderKind: "group" as const, role: roleKey(one) })),
			),
		];
		if (given.length > 0) await tx.insert(roleAssignments).values(given);
		const members = policy.people.flatMap((person, n) =>
			person.groups.map((g) => ({ userId: at(made.people, n), groupId: at(made.groups, g) })),
		);
		if (members.length > 0) await tx.insert(groupMembers).values(members);
		const ownerOf = (one: World["things"]["agent"][number]) => (one.owner === null ? null : at(made.people, one.owner));
		const some = (kind: ResourceKind) =>
			policy.things[kind].map((one, n) => ({
				id: at(made.things[kind], n),
				name: at(made.things[kind], n),
				ownerId: ownerOf(one) ?? at(made.people, 0),
			}));
		await tx.insert(collections).values(some("collection").map((row) => ({ ...row, model: "none", dimension: 1 })));
		await tx.insert(prompts).values(some("prompt"));
		await tx
			.insert(promptVersions)
			.values(some("prompt").map(({ id, ownerId }) => ({ promptId: id, version: 1, body: "x", createdBy: ownerId })));
		await tx.insert(mcpServers).values(
			policy.things.mcpServer.map((one, n) => {
				const id = at(made.things.mcpServer, n);
				return { id, name: id, prefix: id, address: "https://tools.test/mcp", ownerId: ownerOf(one) };
			}),
		);
		const tools = made.things.mcpServer.map((id) => ({ serverId: id, name: "look", alias: id, isEnabled: true }));
		await tx.insert(mcpTools).values(tools.map((tool) => ({ ...tool, description: "", inputSchema: {}, hash: "" })));
		for (const [n, one] of policy.things.agent.entries()) {
			const id = at(made.things.agent, n);
			const collectionIds = policy.looksIn[n]?.map((c) => at(made.things.collection, c)) ?? null;
			await insertAgent(tx, { id, name: id, createdBy: ownerOf(one), definition: { collectionIds } });
		}
		const shared = (Object.keys(policy.things) as ResourceKind[]).flatMap((kind) =>
			policy.things[kind].flatMap((one, n) =>
				one.grants.map(({ to, level }) => ({
					resourceKind: kind,
					resourceId: at(made.things[kind], n),
					grantee: grantee(to),
					level,
				})),
			),
		);
		if (shared.length > 0) await tx.insert(grants).values(shared).onConflictDoNothing();
	});
	return made;
}

type Door = (ctx: ServiceContext, id: string, level: GrantLevel) => Promise<boolean>;
const byReading =
	(read: (ctx: ServiceContext, id: string) => Promise<{ mayManage: boolean }>): Door =>
	async (ctx, id, level) => {
		const { mayManage } = await read(ctx, id);
		return level === "read" || mayManage;
	};
const doors: Record<ResourceKind, Door> = {
	collection: byReading((ctx, collectionId) => getCollection(ctx, { collectionId })),
	agent: byReading((ctx, agentId) => getAgent(ctx, { agentId })),
	prompt: byReading(async (ctx, promptId) => (await getPrompt(ctx, { promptId })).prompt),
	mcpServer: async (ctx, serverId, level) => {
		if (level === "manage") return (await getRemote(ctx, { serverId })).id === serverId;
		return (await listUsable(ctx, { limit: 1, filter: { alias: { eq: serverId } } })).rows.length > 0;
	},
};

/** What the product does: the gate's question, the tool face's, and the services' own `where`. */
async function decide(made: Ids, question: Question): Promise<boolean> {
	const user = await findUserActor(db, at(made.people, question.who));
	if (!user) return false;
	const agentId = question.agent === null ? null : at(made.things.agent, question.agent);
	const actor = chainOf(user, question, agentId);
	if (!actorMay(actor, question.what)) return false;
	if (agentId) {
		const mayAsk = await mayAskAgent(db.orm, user, agentId);
		const [row] = await db.orm.execute<{ may: boolean }>(
			sql`select ${mayAskAgentAtOnce} as may from agents a, users u where a.id = ${agentId} and u.id = ${user.userId}`,
		);
		expect(row?.may).toBe(mayAsk);
		if (!mayAsk) return false;
	}
	const right = rowRight(question.what);
	if (!right || question.on === null) return true;
	try {
		return await doors[right.kind]({ ...owner, actor }, at(made.things[right.kind], question.on), right.level);
	} catch (error) {
		if (error instanceof AppError && error.code === "NOT_FOUND") return false;
		throw error;
	}
}

function chainOf(user: UserActor, { scopes }: Question, agentId: string | null): Actor {
	const principal = scopes
		? { kind: "apiKey" as const, keyId: randomUUID(), name: "key", scopes: new Set(scopes), owner: user }
		: user;
	return agentId ? { kind: "agent", agentId, runId: randomUUID(), onBehalfOf: principal } : principal;
}

function explain(made: Ids, { who, scopes, agent, what, on }: Question) {
	const kind = rowRight(what)?.kind;
	return explainAccess(owner, {
		who: {
			userId: at(made.people, who),
			...(scopes ? { scopes } : {}),
			...(agent === null ? {} : { agentId: at(made.things.agent, agent) }),
		},
		what,
		...(kind && on !== null ? { on: { kind, resourceId: at(made.things[kind], on) } } : {}),
	});
}

const seen = { allowed: 0, refused: 0 };
async function compare(policy: World): Promise<void> {
	const made = await store(policy);
	for (const question of policy.questions) {
		const [{ allowed, checks, missing }, decision] = await Promise.all([
			explain(made, question),
			decide(made, question),
		]);
		expect({ allowed, checks }).toEqual({ allowed: decision, checks });
		expect(missing.length > 0).toBe(!decision);
		seen[decision ? "allowed" : "refused"] += 1;
	}
	const userId = at(made.people, 0);
	const [person, standing] = await Promise.all([findUserActor(db, userId), getStanding(owner, { userId })]);
	expect(standing.rights.map(({ permission }) => permission)).toEqual(
		permissions.filter((one) => person?.permissions.has(one)),
	);
}

test("the explanation equals the decision, for two thousand random policies and three questions to each", async () => {
	const five = fc.array(world, { minLength: 5, maxLength: 5 });
	const each = fc.asyncProperty(five, async (policies) => {
		await Promise.all(policies.map(compare));
	});
	await fc.assert(each, { numRuns: 400 });
	// A test of refusals alone, or of consents alone, would prove little.
	expect(Math.min(seen.allowed, seen.refused)).toBeGreaterThan(1_000);
}, 600_000);
