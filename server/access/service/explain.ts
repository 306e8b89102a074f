import { and, eq, isNull, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agents, agentVersions, apiKeys, grants, users } from "@/db/schema";
import { hasProvedLately } from "@/server/auth/service";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { auditDenial } from "@/server/core/denials";
import { AppError, notFound } from "@/server/core/errors";
import { isPermission, type Permission } from "@/server/core/permissions";
import { hasFactor, needsFactor, readUserActor } from "@/server/core/rights";
import type { Explain, Explanation, OnePerson, OneResource, Preview, ResourceKind, Standing } from "../contract";
import { type AgentFacts, judge, type KeyFacts, type Proof, type RowFacts } from "./judge";
import { countReadable, readResources } from "./resources";
import { readPerson, toStanding } from "./standing";

const mostSeen = 100;
const readOf = {
	collection: "knowledge:read",
	agent: "agents:read",
	prompt: "prompts:read",
	mcpServer: "mcp-tools:use",
} as const satisfies Record<ResourceKind, Permission>;

/** Oneself may always be asked about; others by whoever holds the right to. A refusal is written down. */
async function mayAskAbout(ctx: ServiceContext, userId: string, permission: Permission, action: string): Promise<void> {
	if (userId === requireUser(ctx).userId || actorMay(ctx.actor, permission)) return;
	const reason = `Needs ${permission}`;
	await auditDenial(ctx, { action, resource: "user", resourceId: userId, reason });
	throw new AppError("FORBIDDEN", `You may ask about yourself only: others need the right ${permission}.`, {
		isAudited: true,
	});
}

/** What a person may do, and by which ways. */
export async function getStanding(ctx: ServiceContext, { userId }: OnePerson): Promise<Standing> {
	await mayAskAbout(ctx, userId, "roles:read", "access.getStanding");
	return toStanding(await readPerson(ctx.db.orm, userId));
}

/** Why somebody may do a thing, or what they lack: themselves, through a key, through an agent. */
export async function explainAccess(
	ctx: ServiceContext,
	{ who, what, on }: Explain,
	stepUps: Proof["of"] = { paths: [], isAll: false },
): Promise<Explanation> {
	const userId = who.userId ?? requireUser(ctx).userId;
	await mayAskAbout(ctx, userId, "access:explain", "access.explain");
	const db = ctx.db.orm;
	const person = await readPerson(db, userId);
	const key = who.keyId === undefined ? undefined : await readKey(db, userId, who.keyId);
	const scopes = key?.scopes ?? who.scopes;
	// It is asked of people with a session; keys and agents have their scopes and approvals.
	const factor = scopes || who.agentId ? undefined : await readFactor(db, userId);
	const proof = scopes || who.agentId ? undefined : { of: stepUps, isGiven: await isProved(ctx, userId) };
	const row = on && (await readRow(ctx, db, on));
	const agent = who.agentId === undefined ? undefined : await readAgent(ctx, db, who.agentId);
	// Whoever may ask about all learns that it is missing; to others that looks like what is not shared with them.
	if (actorMay(ctx.actor, "access:explain") && (row === null || agent === null))
		throw notFound(row === null ? `This ${on?.kind}` : "This agent");
	return judge({ person, what, factor, proof, key, scopes, agent, row });
}

/** A key of that person. Somebody else's is as if there were none. */
async function readKey(db: Reader, userId: string, keyId: string): Promise<KeyFacts & { scopes: Permission[] }> {
	const [key] = await db
		.select({
			name: apiKeys.name,
			isRevoked: sql<boolean>`${apiKeys.revokedAt} is not null`,
			hasEnded: sql<boolean>`coalesce(${apiKeys.expiresAt} <= now(), false)`,
			addresses: apiKeys.addresses,
			scopes: apiKeys.scopes,
		})
		.from(apiKeys)
		.where(and(eq(apiKeys.id, keyId), eq(apiKeys.userId, userId)));
	if (!key) throw notFound("This key");
	return { ...key, scopes: key.scopes.filter(isPermission) };
}

async function readFactor(db: Reader, userId: string): Promise<{ isAsked: boolean; isThere: boolean } | undefined> {
	const [row] = await db.select({ isAsked: needsFactor, isThere: hasFactor }).from(users).where(eq(users.id, userId));
	return row;
}

/** Known of oneself alone: it is a session that is proved, and others may have many. */
async function isProved(ctx: ServiceContext, userId: string): Promise<boolean | null> {
	const { actor } = ctx;
	if (actor.kind !== "user" || actor.userId !== userId || actor.sessionId === null) return null;
	return hasProvedLately(ctx.db, actor.sessionId);
}

async function readRow(ctx: ServiceContext, db: Reader, { kind, resourceId }: OneResource): Promise<RowFacts | null> {
	const asker = requireUser(ctx);
	const [row] = await readResources(db, kind, asker, { only: resourceId, limit: 1 });
	if (!row) return null;
	const owners =
		kind === "mcpServer" ? await db.select({ id: users.id }).from(users).where(isThere(row.ownerId)) : null;
	const granted = await db
		.select({ grantee: grants.grantee, level: grants.level })
		.from(grants)
		.where(sql`${grants.resourceKind} = ${kind} and ${grants.resourceId} = ${resourceId}`);
	const mayName = row.isRead && actorMay(ctx.actor, readOf[kind]);
	const isLeft = owners?.length === 0;
	return { id: row.id, kind, name: mayName ? row.name : null, ownerId: row.ownerId, grants: granted, isLeft };
}

const isThere = (userId: string | null) => and(sql`${users.id} = ${userId}`, isNull(users.disabledAt));

async function readAgent(ctx: ServiceContext, db: Reader, agentId: string): Promise<AgentFacts | null> {
	const row = await readRow(ctx, db, { kind: "agent", resourceId: agentId });
	if (!row) return null;
	const [agent] = await db
		.select({ collectionIds: agentVersions.collectionIds })
		.from(agents)
		.innerJoin(agentVersions, eq(agentVersions.id, agents.publishedVersionId))
		.where(eq(agents.id, agentId));
	return { row, collectionIds: agent?.collectionIds ?? null };
}

/** The console as somebody else has it, to look at only. Written down, as it tells much of them. */
export async function previewAs(ctx: ServiceContext, { userId }: OnePerson): Promise<Preview> {
	await mayAskAbout(ctx, userId, "access:explain", "access.preview");
	const db = ctx.db.orm;
	const standing = toStanding(await readPerson(db, userId));
	const see = async (kind: ResourceKind) => {
		const user = await readUserActor(db, userId);
		if (!user || standing.isDisabled || !user.permissions.has(readOf[kind])) return { count: 0, rows: [] };
		const asker = requireUser(ctx);
		const rows = await readResources(db, kind, user, { limit: mostSeen, namedFor: asker });
		const mayName = actorMay(ctx.actor, readOf[kind]);
		return {
			count: await countReadable(db, kind, user),
			rows: rows.map(({ id, name, isManaged, isNamed }) => ({
				id,
				name: mayName && isNamed ? name : null,
				level: isManaged ? ("manage" as const) : ("read" as const),
			})),
		};
	};
	const kinds = [see("collection"), see("agent"), see("prompt"), see("mcpServer")] as const;
	const [collection, agent, prompt, mcpServer] = await Promise.all(kinds);
	await audit(ctx, db, { action: "access.preview", resource: "user", resourceId: userId });
	return { standing, collection, agent, prompt, mcpServer };
}
