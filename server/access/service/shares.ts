import { and, eq, ilike, or, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { agents, documents, grants, groups, users } from "@/db/schema";
import { defaultIsForAll } from "@/server/agents/service";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { containing } from "@/server/core/list-query";
import { isBuiltInRole, roleDescriptions, roles } from "@/server/core/permissions";
import { everyone } from "@/server/core/rights";
import type {
	FindGrantees,
	FoundGrantee,
	Grant,
	Share,
	SharedKind,
	SharedResource,
	Sharing,
	Unshare,
} from "../contract";
import { namedGrantees, type ResourceRow, readResources, writeOf } from "./resources";

const mostFound = 20;

/** The resource, for who may manage it; for all others it is not there. */
async function findManaged(
	ctx: ServiceContext,
	db: Reader,
	{ kind, resourceId }: SharedResource,
): Promise<ResourceRow> {
	const [found] = actorMay(ctx.actor, writeOf[kind])
		? await readResources(db, kind, requireUser(ctx), { only: resourceId, limit: 1 })
		: [];
	if (!found?.isManaged) throw notFound(`This ${kindWords[kind]}`);
	return found;
}

const kindWords = {
	...{ collection: "collection", agent: "agent", prompt: "prompt", document: "document" },
	...{ dataset: "dataset", mcpServer: "server", thread: "chat" },
} as const satisfies Record<SharedKind, string>;

/** What its acts in the audit begin with. */
const actOf = (kind: SharedKind): string => (kind === "mcpServer" ? "mcp-server" : kind);

export async function listGrants(ctx: ServiceContext, input: SharedResource): Promise<Sharing> {
	const { name, ownerId } = await findManaged(ctx, ctx.db.orm, input);
	const [owner] = ownerId ? await ctx.db.orm.select({ name: users.name }).from(users).where(eq(users.id, ownerId)) : [];
	const found = await ctx.db.orm.execute<Omit<Grant, "kind"> & { kind: Grant["kind"] | null }>(sql`
		select g.grantee, g.level, n.kind, n.name, n.detail from ${grants} g left join ${namedGrantees} n on n.grantee = g.grantee
		where g.resource_kind = ${input.kind} and g.resource_id = ${input.resourceId}
		order by n.kind = 'everyone' desc, n.kind, lower(n.name)`);
	// A built-in role stands in no table; somebody who was erased has no name, and reaches nothing.
	const rows = found.flatMap(({ kind, ...row }) =>
		kind ? [{ ...row, kind }] : isBuiltInRole(row.grantee) ? [{ ...row, ...builtIn(row.grantee) }] : [],
	);
	return { name, ownerName: owner?.name ?? null, rows };
}

const builtIn = (role: (typeof roles)[number]): FoundGrantee => ({
	grantee: role,
	kind: "role",
	name: role,
	detail: roleDescriptions[role],
});

/** Whom one can share with, by a part of their name. Disabled accounts are left out. */
export async function findGrantees(ctx: ServiceContext, { text }: FindGrantees): Promise<{ rows: FoundGrantee[] }> {
	const rows = await ctx.db.orm.execute<FoundGrantee>(sql`
		select grantee, kind, name, detail from ${namedGrantees} n
		where not gone and (name ilike ${containing(text)} or (kind = 'user' and detail ilike ${containing(text)}))
		order by array_position(array['everyone', 'group', 'role', 'user'], kind), lower(name), grantee limit ${mostFound}`);
	const wanted = text.toLowerCase();
	return { rows: [...rows, ...roles.filter((role) => role.includes(wanted)).map(builtIn)].slice(0, 2 * mostFound) };
}

/** For whoever sees all accounts: disabled ones too. */
export async function findPeople(ctx: ServiceContext, { text }: FindGrantees): Promise<{ rows: FoundGrantee[] }> {
	const like = containing(text);
	const rows = await ctx.db.orm
		.select({ grantee: users.id, name: users.name, detail: users.email })
		.from(users)
		.where(or(ilike(users.name, like), ilike(users.email, like)))
		.orderBy(sql`lower(${users.name})`, users.id)
		.limit(mostFound);
	return { rows: rows.map((row) => ({ ...row, kind: "user" as const })) };
}

/** To read or to manage, from now on. Given anew, the level is the newest. */
export async function share(ctx: ServiceContext, input: Share): Promise<Sharing> {
	const { kind, resourceId, grantee, level } = input;
	await ctx.db.transaction(async (tx) => {
		await findManaged(ctx, tx, input);
		if (kind === "document" && level === "manage")
			throw new AppError("CONFLICT", "A document can be read. Who may manage it is decided by its collection.");
		if (kind === "thread" && level === "manage")
			throw new AppError("CONFLICT", "A chat can be read. It stays its owner's to go on with.");
		if (grantee === everyone && level === "manage")
			throw new AppError("CONFLICT", "Everyone may read at most: choose who may manage it one by one.");
		const name = await nameOf(tx, grantee);
		const before = await readLevel(tx, input);
		await tx
			.insert(grants)
			.values({ resourceKind: kind, resourceId, grantee, level })
			.onConflictDoUpdate({ target: [grants.resourceKind, grants.resourceId, grants.grantee], set: { level } });
		await audit(ctx, tx, {
			action: `${actOf(kind)}.share`,
			resource: kind,
			resourceId,
			// Where it is a person, their name goes when they do.
			subjectId: grantee,
			detail: { grantee, name },
			before: { level: before },
			after: { level },
		});
		await tellReaders(tx, input);
	});
	return listGrants(ctx, input);
}

/** Whoever looks after groups may take something from a group, so that they can let people into it. */
export async function unshare(ctx: ServiceContext, input: Unshare): Promise<void> {
	const { kind, resourceId, grantee } = input;
	await ctx.db.transaction(async (tx) => {
		if (!(await mayTakeFromGroup(ctx, tx, grantee))) await findManaged(ctx, tx, input);
		const before = await readLevel(tx, input);
		if (!before) return;
		if (kind === "agent" && grantee === everyone) {
			const [agent] = await tx.select({ isDefault: agents.isDefault }).from(agents).where(eq(agents.id, resourceId));
			if (agent?.isDefault) throw defaultIsForAll();
		}
		await tx.delete(grants).where(isGrant(input));
		await audit(ctx, tx, {
			action: `${actOf(kind)}.unshare`,
			resource: kind,
			resourceId,
			detail: { grantee },
			before: { level: before },
			after: { level: null },
		});
		await tellReaders(tx, input);
	});
}

const isGrant = ({ kind, resourceId, grantee }: Unshare) =>
	and(eq(grants.resourceKind, kind), eq(grants.resourceId, resourceId), eq(grants.grantee, grantee));

async function readLevel(tx: Tx, input: Unshare): Promise<Grant["level"] | null> {
	const [row] = await tx.select({ level: grants.level }).from(grants).where(isGrant(input)).for("update");
	return row?.level ?? null;
}

async function nameOf(tx: Tx, grantee: string): Promise<string> {
	if (isBuiltInRole(grantee)) return grantee;
	const [row] = await tx.execute<{ name: string }>(
		sql`select name from ${namedGrantees} n where n.grantee = ${grantee} and not gone`,
	);
	if (!row) throw notFound("This person, group or role");
	return row.name;
}

async function mayTakeFromGroup(ctx: ServiceContext, tx: Tx, grantee: string): Promise<boolean> {
	if (grantee === everyone || isBuiltInRole(grantee) || !actorMay(ctx.actor, "roles:write")) return false;
	const [group] = await tx.select({ id: groups.id }).from(groups).where(eq(groups.id, grantee));
	return group !== undefined;
}

/** Pages that follow a collection look again, once the transaction is through. */
async function tellReaders(tx: Tx, { kind, resourceId }: SharedResource): Promise<void> {
	if (kind === "collection") await tx.execute(sql`select pg_notify('knowledge', ${resourceId})`);
	if (kind !== "document") return;
	await tx
		.update(documents)
		.set({ updatedAt: sql`now()` })
		.where(eq(documents.id, resourceId))
		.returning({ told: sql`pg_notify('knowledge', ${documents.collectionId}::text)` });
}
