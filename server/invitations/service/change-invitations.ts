import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { invitations, users } from "@/db/schema";
import { changeRights, type Granter, holdGroup, holdRole } from "@/server/access/service";
import { actorLabel } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { newToken } from "@/server/core/one-time-link";
import { forgetLinks, writeMail } from "@/server/mail/service";
import type { Invitation, Invite, OneInvitation } from "../contract";
import { alreadyHereLetter, invitationLetter } from "../letters";
import { findInvitation, rolesOfGroups } from "./read-invitations";

export const validDays = 7;
const mostTimes = 10;
export const isOpen = and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt));
const inAWeek = sql<Date>`now() + make_interval(days => ${validDays})`;

/**
 * Invites somebody by mail with a role and groups that the inviter could give them anyway. For an address that has an account
 * all looks the same, also to the inviter: only the mail says it.
 */
export async function invite(ctx: ServiceContext, input: Invite): Promise<Invitation> {
	const inviter = requireUser(ctx);
	const groupIds = [...new Set(input.groupIds)];
	return changeRights(ctx, { action: "invitation.create", resource: "invitation" }, async (tx, granter) => {
		await holdAll(tx, granter, { roles: [input.role], groupIds });
		await replaceOpen(tx, input.email);
		const { token, tokenHash } = await tokenFor(tx, input.email);
		const [row] = await tx
			.insert(invitations)
			.values({
				email: input.email,
				roles: [input.role],
				groupIds,
				tokenHash,
				invitedBy: inviter.userId,
				expiresAt: inAWeek,
			})
			.returning();
		if (!row) throw new Error("the invitation was not stored");
		await send(tx, row, actorLabel(inviter), token);
		await audit(ctx, tx, {
			action: "invitation.create",
			resource: "invitation",
			resourceId: row.id,
			after: { roles: row.roles, groupIds },
		});
		return findInvitation(tx, row.id);
	});
}

type Row = typeof invitations.$inferSelect;

/** What it gives must be the sender's to give at this moment, too. */
export async function holdAll(tx: Tx, granter: Granter, given: { roles: string[]; groupIds: string[] }): Promise<void> {
	for (const role of given.roles) await holdRole(tx, granter, role);
	for (const groupId of given.groupIds) await holdGroup(tx, granter, groupId);
}

async function tokenFor(tx: Tx, email: string): Promise<{ token: string | null; tokenHash: string | null }> {
	const [account] = await tx
		.select({ id: users.id })
		.from(users)
		.where(eq(sql`lower(${users.email})`, email.toLowerCase()));
	return account ? { token: null, tokenHash: null } : newToken();
}

async function send(tx: Tx, row: Row, inviter: string, token: string | null): Promise<void> {
	if (token === null) {
		await writeMail(tx, alreadyHereLetter({ email: row.email, inviter }));
		return;
	}
	const roles = [...row.roles, ...(await rolesOfGroups(tx, row.groupIds))];
	const facts = { id: row.id, email: row.email, inviter, roles, until: row.expiresAt };
	await writeMail(tx, invitationLetter(facts, token));
}

/** A newer invitation for the same address takes the older one's place. */
async function replaceOpen(tx: Tx, email: string): Promise<void> {
	const replaced = await tx
		.update(invitations)
		.set({ revokedAt: sql`now()` })
		.where(and(eq(sql`lower(${invitations.email})`, email.toLowerCase()), isOpen))
		.returning({ id: invitations.id });
	for (const { id } of replaced) await forgetLinks(tx, id);
}

/** A new link and a new week. The link that was sent before ends. */
export async function resendInvitation(ctx: ServiceContext, { invitationId }: OneInvitation): Promise<Invitation> {
	const sender = requireUser(ctx);
	const fact = { action: "invitation.resend", resource: "invitation", resourceId: invitationId };
	return changeRights(ctx, fact, async (tx, granter) => {
		const before = await lockOpen(tx, invitationId);
		if (before.timesSent >= mostTimes)
			throw new AppError("CONFLICT", `This was sent ${mostTimes} times. Invite them anew if the address is right.`);
		await holdAll(tx, granter, before);
		const { token, tokenHash } = await tokenFor(tx, before.email);
		await forgetLinks(tx, invitationId);
		const [row] = await tx
			.update(invitations)
			.set({
				tokenHash,
				expiresAt: inAWeek,
				sentAt: sql`now()`,
				timesSent: before.timesSent + 1,
				// Whoever sends it stands for what it gives.
				invitedBy: sender.userId,
			})
			.where(eq(invitations.id, invitationId))
			.returning();
		if (!row) throw notFound("This invitation");
		await send(tx, row, actorLabel(sender), token);
		await audit(ctx, tx, { ...fact, detail: { timesSent: row.timesSent } });
		return findInvitation(tx, invitationId);
	});
}

export async function revokeInvitation(ctx: ServiceContext, { invitationId }: OneInvitation): Promise<Invitation> {
	return ctx.db.transaction(async (tx) => {
		await lockOpen(tx, invitationId);
		await tx.update(invitations).set({ revokedAt: sql`now()` }).where(eq(invitations.id, invitationId));
		await forgetLinks(tx, invitationId);
		await audit(ctx, tx, { action: "invitation.revoke", resource: "invitation", resourceId: invitationId });
		return findInvitation(tx, invitationId);
	});
}

async function lockOpen(tx: Tx, invitationId: string): Promise<Row> {
	const [row] = await tx.select().from(invitations).where(eq(invitations.id, invitationId)).for("update");
	if (!row) throw notFound("This invitation");
	if (row.acceptedAt) throw new AppError("CONFLICT", "This invitation was accepted already.");
	if (row.revokedAt) throw new AppError("CONFLICT", "This invitation was taken back: invite them anew.");
	return row;
}
