import { router } from "@/server/trpc/init";
import { openProcedure, procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import {
	AcceptInvitation,
	Invitation,
	InvitationPage,
	InvitationView,
	Invite,
	ListInvitations,
	LookAtInvitation,
	OneInvitation,
} from "./contract";
import {
	acceptInvitation,
	invite,
	listInvitations,
	lookAtInvitation,
	resendInvitation,
	revokeInvitation,
} from "./service";

export const invitationsRouter = router({
	list: procedure("users:read", {
		rest: "GET /invitations",
		summary: "List who was invited, and by whom.",
		risk: "read",
	})
		.input(ListInvitations)
		.output(InvitationPage)
		.query(({ ctx, input }) => listInvitations(ctx, input)),

	create: procedure("users:write", {
		rest: "POST /invitations",
		summary: "Invite somebody by mail, with a role and groups.",
		risk: "danger",
	})
		.input(Invite)
		.output(Invitation)
		.mutation(({ ctx, input }) => invite(ctx, input)),

	resend: procedure("users:write", {
		rest: "POST /invitations/{invitationId}/resend",
		summary: "Send an invitation again, with a new link and a new week.",
		risk: "danger",
	})
		.input(OneInvitation)
		.output(Invitation)
		.mutation(({ ctx, input }) => resendInvitation(ctx, input)),

	revoke: procedure("users:write", {
		rest: "POST /invitations/{invitationId}/revoke",
		summary: "Take an invitation back: its link ends.",
		risk: "write",
	})
		.input(OneInvitation)
		.output(Invitation)
		.mutation(({ ctx, input }) => revokeInvitation(ctx, input)),

	// A mutation, so that what stands in the link never stands in an address of ours.
	look: openProcedure("Whoever has the link sees who invited them before they accept.", {
		rest: "POST /invitations/look",
		summary: "Tell what an invitation's link is for; this does not use it up.",
		risk: "write",
		isSecret: true,
		limit: "signInAddress",
	})
		.input(LookAtInvitation)
		.output(InvitationView)
		.mutation(({ ctx, input }) => lookAtInvitation(ctx, input)),

	accept: openProcedure("Invited people have no account yet; the link's secret stands for them.", {
		rest: "POST /invitations/accept",
		summary: "Make the account that an invitation's link is for.",
		risk: "write",
		isSecret: true,
		limit: "signInAddress",
	})
		.input(AcceptInvitation)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await acceptInvitation(ctx, input);
			return { done: true };
		}),
});
