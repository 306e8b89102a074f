import { createHash, randomInt } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import { type Database, databaseCode } from "@/db/connection";
import { agents, roles, sessions, setup, users } from "@/db/schema";
import { changeRights, holdPerson, holdRole, keepAnOwner, refuseUnreachable } from "@/server/access/service";
import { insertAgent } from "@/server/agents/service";
import { expectGoodPassword, hashPassword } from "@/server/auth/passwords";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { setAccess } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import { permissions } from "@/server/core/permissions";
import { toUserActor } from "@/server/core/rights";
import { endSessions } from "@/server/sessions/service";
import type { CreateOwner, CreateUser, ListUsers, Me, OneUser, SetUserDisabled, SetUserRole, User } from "./contract";

const hashCode = (code: string) =>
	createHash("sha256")
		.update(code.replace(/[^A-Za-z0-9]/g, "").toUpperCase())
		.digest("hex");

export async function needsOwner(db: Database): Promise<boolean> {
	const [row] = await db.orm.select({ id: users.id }).from(users).where(eq(users.role, "owner")).limit(1);
	return !row;
}

/** A fresh one-time code for making the owner, for the start command to print; null once there is one. Earlier codes end. */
export async function issueSetupCode(db: Database): Promise<string | null> {
	if (!(await needsOwner(db))) return null;
	// No letters or digits that look alike.
	const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
	const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join("");
	const code = [group(), group(), group()].join("-");
	const codeHash = hashCode(code);
	await db.orm
		.insert(setup)
		.values({ codeHash })
		.onConflictDoUpdate({ target: setup.id, set: { codeHash, createdAt: sql`now()` }, setWhere: isNull(setup.usedAt) });
	return code;
}

const wrongCode = () =>
	new AppError(
		"FORBIDDEN",
		"This code is not valid, or an owner exists already. The start command prints the code of this installation.",
	);

/** Whoever holds the code becomes the owner, once: of many at the same time one wins, as the code's row is used up by it. */
export async function createOwner(ctx: ServiceContext, input: CreateOwner): Promise<void> {
	const codeHash = hashCode(input.code);
	const isUnused = and(eq(setup.codeHash, codeHash), isNull(setup.usedAt));
	// Asked before the costly hashing of the password, which a stranger could make us do; decided below.
	const [open] = await ctx.db.orm.select({ id: setup.id }).from(setup).where(isUnused);
	if (!open) throw wrongCode();
	expectGoodPassword("password", input.password, { ...input, hasFactor: false });
	const passwordHash = await hashPassword(input.password);
	await ctx.db.transaction(async (tx) => {
		const [used] = await tx.update(setup).set({ usedAt: sql`now()` }).where(isUnused).returning({ id: setup.id });
		if (!used) throw wrongCode();
		const [owner] = await tx
			.insert(users)
			.values({ email: input.email, name: input.name, role: "owner", passwordHash })
			.returning({ id: users.id });
		if (!owner) throw new Error("the owner was not stored");
		const [known] = await tx.select({ id: agents.id }).from(agents).where(eq(agents.name, "Assistant"));
		if (!known) {
			const assistantId = await insertAgent(tx, {
				name: "Assistant",
				description: "Answers from the documents that you may read, and says where it found it.",
				isDefault: true,
				createdBy: owner.id,
			});
			await setAccess(tx, "agent", assistantId, "everyone");
		}
		const row = { userId: owner.id, name: input.name, role: "owner", groupIds: [], roleKeys: ["owner"], custom: [] };
		const actor = toUserActor(row, { sessionId: null, provedAt: null });
		await audit({ ...ctx, actor }, tx, {
			action: "user.create",
			resource: "user",
			resourceId: owner.id,
			detail: { role: "owner", by: "setup code" },
		});
	});
}

/** A role's key is text here and a custom role's own id: whoever writes it checks it. */
const columns = {
	id: users.id,
	name: users.name,
	email: users.email,
	role: users.role,
	roleName: sql<string>`coalesce((select ${roles.name} from ${roles} where ${roles.id}::text = ${users.role}), ${users.role})`,
	isDisabled: sql<boolean>`${users.disabledAt} is not null`,
	isErased: sql<boolean>`${users.erasedAt} is not null`,
	createdAt: users.createdAt,
};

export async function getMe(ctx: ServiceContext): Promise<Me> {
	const { userId, mustEnrol = false } = requireUser(ctx);
	const [me] = await ctx.db.orm.select(columns).from(users).where(eq(users.id, userId));
	if (!me) throw notFound("Your account");
	const { id, name, email, role, roleName } = me;
	return {
		id,
		name,
		email,
		role,
		roleName,
		permissions: permissions.filter((one) => actorMay(ctx.actor, one)),
		mustEnrol,
	};
}

export async function listUsers(ctx: ServiceContext, input: ListUsers): Promise<{ rows: User[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { role: users.role, isDisabled: sql`(${users.disabledAt} is not null)`, createdAt: users.createdAt },
		sort: { createdAt: users.createdAt, name: users.name },
		id: users.id,
	});
	const rows = await ctx.db.orm
		.select({ ...columns, lastSeenAt, key: list.key })
		.from(users)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

// By name: Drizzle leaves out a column's table where a query has but one.
const lastSeenAt = sql<Date | null>`(select max(last_seen_at) from sessions where user_id = users.id)`.mapWith(
	sessions.lastSeenAt,
);

export const getUser = (ctx: ServiceContext, { userId }: OneUser): Promise<User> => findUser(ctx, userId);

async function findUser(ctx: ServiceContext, userId: string): Promise<User> {
	const [row] = await ctx.db.orm
		.select({ ...columns, lastSeenAt })
		.from(users)
		.where(eq(users.id, userId));
	if (!row) throw notFound("This account");
	return row;
}

export async function createUser(ctx: ServiceContext, input: CreateUser): Promise<User> {
	expectGoodPassword("password", input.password, { ...input, hasFactor: false });
	const passwordHash = await hashPassword(input.password);
	const fact = { action: "user.create", resource: "user" };
	try {
		return await changeRights(ctx, fact, async (tx, granter) => {
			await holdRole(tx, granter, input.role);
			const [row] = await tx
				.insert(users)
				.values({ name: input.name, email: input.email, role: input.role, passwordHash })
				.returning(columns);
			if (!row) throw new Error("the account was not stored");
			const after = { name: input.name, email: input.email, role: input.role };
			await audit(ctx, tx, { ...fact, resourceId: row.id, detail: { role: input.role }, after });
			return { ...row, lastSeenAt: null };
		});
	} catch (error) {
		if (databaseCode(error) === "23505")
			throw new AppError("CONFLICT", "There is an account with this e-mail address already.");
		throw error;
	}
}

/** The person's first role. Whoever changes it holds all that they had and all that they get. */
export async function setUserRole(ctx: ServiceContext, input: SetUserRole): Promise<User> {
	const { userId } = input;
	const fact = { action: "user.set-role", resource: "user", resourceId: userId };
	await changeRights(ctx, fact, async (tx, granter) => {
		const before = await holdPerson(tx, granter, userId);
		const role = await holdRole(tx, granter, input.role);
		if (granter.user?.userId === userId) await refuseUnreachable(tx, granter, role.key, `The role ${role.name}`);
		await tx.update(users).set({ role: input.role }).where(eq(users.id, userId));
		await keepAnOwner(tx);
		await audit(ctx, tx, { ...fact, before: { role: before.role }, after: { role: input.role } });
	});
	return findUser(ctx, userId);
}

/** What the two changes would do, for whoever decides of them. */
export async function tellUserRole(ctx: ServiceContext, { userId, role }: SetUserRole): Promise<string> {
	const { name, email, roleName } = await findUser(ctx, userId);
	const [custom] = await ctx.db.orm.select({ name: roles.name }).from(roles).where(sql`${roles.id}::text = ${role}`);
	return `Give “${name}” (${email}) the first role “${custom?.name ?? role}” in place of “${roleName}”.`;
}

export async function tellUserDisabled(ctx: ServiceContext, { userId, isDisabled }: SetUserDisabled): Promise<string> {
	const { name, email } = await findUser(ctx, userId);
	return isDisabled
		? `Disable the account of “${name}” (${email}): they are signed out everywhere and can't come back in.`
		: `Enable the account of “${name}” (${email}) again: they can sign in with the rights of their roles.`;
}

/** A disabled account's sessions end with it. */
export async function setUserDisabled(ctx: ServiceContext, { userId, isDisabled }: SetUserDisabled): Promise<User> {
	const action = isDisabled ? "user.disable" : "user.enable";
	const fact = { action, resource: "user", resourceId: userId };
	await changeRights(ctx, fact, async (tx, granter) => {
		await holdPerson(tx, granter, userId);
		const [changed] = await tx
			.update(users)
			.set({ disabledAt: isDisabled ? sql`now()` : null })
			.where(and(eq(users.id, userId), isNull(users.erasedAt)))
			.returning({ id: users.id });
		if (!changed) throw new AppError("CONFLICT", "This account was erased. Invite the person anew.");
		if (isDisabled) {
			await endSessions(ctx, tx, { userId, because: "the account was disabled", tokens: true });
			await keepAnOwner(tx);
		}
		await audit(ctx, tx, { ...fact, before: { isDisabled: !isDisabled }, after: { isDisabled } });
	});
	return findUser(ctx, userId);
}
