import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Email, Password, PersonName, RoleKey } from "@/server/users/contract";

export const invitationStates = ["open", "accepted", "expired", "revoked"] as const;
export const InvitationState = z.enum(invitationStates);
const Named = z.object({ id: z.string(), name: z.string() });

export const Invitation = z.object({
	id: z.uuid(),
	email: z.string(),
	/** By their keys. */
	roles: z.array(Named),
	groups: z.array(Named),
	invitedBy: z.string().nullable(),
	state: InvitationState,
	/** There was an account with this address already: its person was told so, and got no link. */
	hadAccount: z.boolean(),
	timesSent: z.int(),
	createdAt: z.date(),
	sentAt: z.date(),
	expiresAt: z.date(),
	acceptedAt: z.date().nullable(),
});
export type Invitation = z.infer<typeof Invitation>;
export const InvitationPage = pageOf(Invitation);

export const ListInvitations = listOf(Invitation, {
	filter: { state: asks.oneOf(invitationStates), email: asks.email(), createdAt: asks.time() },
	sort: ["createdAt"],
});
export type ListInvitations = z.infer<typeof ListInvitations>;

export const Invite = z.strictObject({
	email: Email,
	role: RoleKey,
	groupIds: z.array(z.uuid()).max(20).default([]),
});
export type Invite = z.infer<typeof Invite>;

export const OneInvitation = z.strictObject({ invitationId: z.uuid() });
export type OneInvitation = z.infer<typeof OneInvitation>;

/** What stands in a link. */
export const LinkToken = z.string().regex(/^[A-Za-z0-9_-]{20,100}$/, "This link is not complete: copy all of it.");

export const LookAtInvitation = z.strictObject({ token: LinkToken });
/** What its recipient sees; null for a link that does not work any more. */
export const InvitationView = z.object({
	invitation: z
		.object({
			email: z.string(),
			invitedBy: z.string(),
			expiresAt: z.date(),
			/** The organisation's provider, by which the invited person may come, or has to. */
			provider: z.object({ name: z.string(), isRequired: z.boolean() }).nullable(),
		})
		.nullable(),
});
export type InvitationView = z.infer<typeof InvitationView>;

export const AcceptInvitation = z.strictObject({ token: LinkToken, name: PersonName, password: Password });
export type AcceptInvitation = z.infer<typeof AcceptInvitation>;
