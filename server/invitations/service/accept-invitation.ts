import { and, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import { databaseCode, type Tx } from "@/db/connection";
import { groupMembers, groups, invitations, users } from "@/db/schema";
import { changeRights, type Granter } from "@/server/access/service";
import { expectGoodPassword, hashPassword } from "@/server/auth/passwords";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { hashToken } from "@/server/core/one-time-link";
import { provider, requiredProvider } from "@/server/core/provider";
import { readUserActor } from "@/server/core/rights";
import { forgetLinks } from "@/server/mail/service";
import type { AcceptInvitation, InvitationView } from "../contract";
import { holdAll, isOpen } from "./change-invitations";

/** Used, taken back, expired, never made, or more than its sender may give by now: from outside all of it looks alike. */
const gone = () =>
	new AppError("NOT_FOUND", "This invitation doesn't work any more. Ask whoever invited you for a new one.");

const works = (token: string) =>
	and(eq(invitations.tokenHash, hashToken(token)), isOpen, gt(invitations.expiresAt, sql`now()`));

/** What the page shows to whoever has the link. Looking uses nothing up: mail scanners follow links too. */
export async function lookAtInvitation(ctx: ServiceContext, { token }: { token: string }): Promise<InvitationView> {
	const [row] = await ctx.db.orm
		.select({ email: invitations.email, invitedBy: users.name, expiresAt: invitations.expiresAt })
		.from(invitations)
		.innerJoin(users, eq(users.id, invitations.invitedBy))
		.where(works(token));
	if (!row) return { invitation: null };
	const one = provider();
	const isRequired = requiredProvider(row.email) !== null;
	return { invitation: { ...row, provider: one && { name: one.name, isRequired } } };
}

/** Makes the account, once: of many at the same time one wins, as the invitation is used up by it. */
export async function acceptInvitation(ctx: ServiceContext, input: AcceptInvitation): Promise<{ email: string }> {
	const open = await findOpen(ctx, input.token);
	// A password must not become a way past the organisation's provider.
	if (requiredProvider(open.email)) throw gone();
	const { token, name, password } = input;
	expectGoodPassword("password", password, { name, email: open.email, hasFactor: false });
	const passwordHash = await hashPassword(password);
	await accept(ctx, open, { token, name, passwordHash, alsoDo: async () => {} });
	return { email: open.email };
}

/**
 * The same for who comes by the organisation's provider: the link proves who was meant, `alsoDo` ties the account to who came.
 * Answers the account's id.
 */
export async function acceptByProvider(ctx: ServiceContext, made: Omit<Account, "passwordHash">): Promise<string> {
	return accept(ctx, await findOpen(ctx, made.token), { ...made, passwordHash: null });
}

type Open = { id: string; email: string; invitedBy: string | null };
type Account = {
	token: string;
	name: string;
	passwordHash: string | null;
	/** In the same transaction. */
	alsoDo: (tx: Tx, userId: string) => Promise<void>;
};

async function findOpen(ctx: ServiceContext, token: string): Promise<Open> {
	const [open] = await ctx.db.orm
		.select({ id: invitations.id, email: invitations.email, invitedBy: invitations.invitedBy })
		.from(invitations)
		.where(works(token));
	if (!open) throw gone();
	return open;
}

async function accept(ctx: ServiceContext, open: Open, account: Account): Promise<string> {
	const inviter = open.invitedBy && (await readUserActor(ctx.db.orm, open.invitedBy, isNull(users.disabledAt)));
	if (!inviter) throw gone();
	const fact = { action: "invitation.accept", resource: "invitation", resourceId: open.id };
	try {
		// With the rights that the inviter has by now: what they could not give any more, the link does not give.
		return await changeRights({ ...ctx, actor: inviter }, fact, (tx, granter) =>
			makeAccount(ctx, tx, granter, account),
		);
	} catch (error) {
		if (databaseCode(error) === "23505")
			throw new AppError("CONFLICT", "There is an account with this e-mail address already: sign in with it.");
		if (error instanceof AppError && error.code === "FORBIDDEN") throw gone();
		throw error;
	}
}

async function makeAccount(
	ctx: ServiceContext,
	tx: Tx,
	granter: Granter,
	{ token, name, passwordHash, alsoDo }: Account,
): Promise<string> {
	const [used] = await tx
		.update(invitations)
		.set({ acceptedAt: sql`now()`, tokenHash: null })
		.where(works(token))
		.returning();
	const [role] = used?.roles ?? [];
	if (!used || !role || !granter.may("users:write")) throw gone();
	// A group that is gone by now gives nothing.
	const still = await tx.select({ id: groups.id }).from(groups).where(inArray(groups.id, used.groupIds));
	const groupIds = still.map(({ id }) => id);
	await holdAll(tx, granter, { roles: used.roles, groupIds });
	const [user] = await tx
		.insert(users)
		.values({ email: used.email, name, role, passwordHash })
		.returning({ id: users.id });
	if (!user) throw new Error("the account was not stored");
	if (groupIds.length > 0)
		await tx.insert(groupMembers).values(groupIds.map((groupId) => ({ groupId, userId: user.id })));
	await tx.update(invitations).set({ userId: user.id }).where(eq(invitations.id, used.id));
	await forgetLinks(tx, used.id);
	await alsoDo(tx, user.id);
	const actor = await madeActor(tx, user.id);
	await audit({ ...ctx, actor }, tx, {
		action: "invitation.accept",
		resource: "user",
		resourceId: user.id,
		detail: { invitationId: used.id, role, groupIds, invitedBy: used.invitedBy },
	});
	return user.id;
}

async function madeActor(tx: Tx, userId: string): Promise<UserActor> {
	const actor = await readUserActor(tx, userId);
	if (!actor) throw new Error("the account was not stored");
	return actor;
}
